"""The way through SFTP: a study is a folder on the last SSH server of the region's path."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from paramiko.channel import Channel

from fleet.exports.ways.landing import Landing, part_of
from fleet.exports.ways.pieces import keep_pieces
from fleet.exports.ways.reach import Reach
from fleet.exports.ways.sftp_folder import SftpSource, is_name
from fleet.exports.ways.sftp_messages import (
    Attributes,
    Kind,
    NotSftp,
    Refused,
    Status,
)
from fleet.exports.ways.sftp_session import Session
from fleet.exports.ways.way import Found, Instance, Said, StudyKey, Trouble, Way, WayFailed

OPEN_WITHIN_S = 20.0
WINDOW_BYTES = 4 * 2**20
# One that is cut off is fetched again, and so are UNTRUSTED_BYTES: 64 KiB at most.
PACKET_BYTES = 32 * 2**10
LIST_WITHIN_S = 600.0
MOST_FILES = 20_000
DEEPEST = 4
# What the last write before a power failure may have left half done.
UNTRUSTED_BYTES = 4 * 2**10


class SftpWay(Way):
    """Studies in folders. An instance is named by its path and the second when it was written.

    So a file that was written anew is another instance, and no part file is continued with it.
    """

    n_parallel = 1

    def __init__(self, reach: Reach, source: SftpSource) -> None:
        self._reach = reach
        self._source = source
        self._open: Session | None = None

    def look_up(self, key: StudyKey) -> Found | None:
        below = self._source.below_root(key)
        with self._session() as session:
            folder = self._folder(session, below)
            instances = self._list(session, folder) if folder else []
        if folder is None or not instances:
            return None
        n_bytes = sum(instance.n_bytes or 0 for instance in instances)
        return Found(os.fsdecode(folder), len(instances), n_bytes)

    def instances(self, found: Found) -> list[Instance]:
        with self._session() as session:
            instances = self._list(session, os.fsencode(found.handle))
        if not instances:
            raise self._gone()
        return instances

    def fetch(self, found: Found, instance: Instance, target: Path, said: Said) -> None:
        name = os.fsencode(instance.name).partition(b" ")[2]
        n_bytes = instance.n_bytes or 0
        _distrust(part_of(target))
        with (
            self._session() as session,
            Landing(str(self._source), instance, target, said, resumes=True) as landing,
        ):
            handle = self._open_file(session, os.fsencode(found.handle) + b"/" + name)
            try:
                for piece in session.content(handle, landing.n_bytes, n_bytes):
                    landing.write(piece)
                attributes = session.ends_at(handle, n_bytes)
            except Refused as refusal:
                if refusal.status != Status.END:
                    raise
                attributes = None
            if attributes is None or _instance(name, attributes) != instance:
                part_of(target).unlink()
                raise WayFailed(
                    Trouble.PROTOCOL,
                    f"{self._source} has a file that changed since it was listed, or that is of"
                    " another size than listed. It is fetched anew when it stays as it is.",
                )
            session.let_go(handle)
            landing.finish()

    def close(self) -> None:
        if self._open:
            self._open.close()
        self._open = None

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """Yield the session, which what breaks within the context ends. Raises WayFailed."""
        try:
            self._open = session = self._open or Session(self._channel())
            yield session
        except BaseException as error:
            self.close()
            raise self._blame(error) from None

    def _blame(self, error: BaseException) -> BaseException:
        if isinstance(error, NotSftp):
            return WayFailed(
                Trouble.PROTOCOL,
                f"{self._source} answers what no SFTP server may. Check that server.",
            )
        if isinstance(error, Refused):
            return self._refusal(error)
        if isinstance(error, TimeoutError):
            return WayFailed(
                Trouble.TIMEOUT,
                f"{self._source} does not answer in time. Check that server and the line.",
            )
        if isinstance(error, ConnectionError):
            return WayFailed(
                Trouble.LINK,
                f"{self._source} broke off the connection, or the line did. It is tried again.",
            )
        return error

    def _refusal(self, refusal: Refused) -> WayFailed:
        if refusal.status == Status.NO_SUCH_FILE:
            return self._gone()
        if refusal.status == Status.NO_RIGHT:
            return WayFailed(
                Trouble.AUTH,
                f"{self._source} does not let its files be read. Give the user of the access"
                " path's last hop the right to read them.",
            )
        return WayFailed(
            Trouble.PROTOCOL,
            f"{self._source} refuses with the SFTP status {refusal.status}."
            " Read that server's log.",
        )

    def _gone(self) -> WayFailed:
        return WayFailed(
            Trouble.GONE,
            f"{self._source} does not have the study any more: it was deleted meanwhile."
            " Ask the region whether it can be restored.",
        )

    def _channel(self) -> Channel:
        transport = self._reach.transport()
        try:
            channel = transport.open_session(WINDOW_BYTES, PACKET_BYTES, OPEN_WITHIN_S)
            keep_pieces(channel)
            # paramiko waits for the answer without an end.
            alarm = threading.Timer(OPEN_WITHIN_S, channel.close)
            alarm.daemon = True
            alarm.start()
            try:
                channel.invoke_subsystem("sftp")
            finally:
                alarm.cancel()
        except (paramiko.SSHException, OSError, EOFError):
            if not transport.is_active():
                raise ConnectionError from None
            raise WayFailed(
                Trouble.CONFIGURATION,
                f"{self._source}: the SSH server does not offer SFTP to this user."
                " Allow the subsystem sftp there.",
            ) from None
        return channel

    def _folder(self, session: Session, below: bytes) -> bytes | None:
        """Return the study's folder, or None when nothing is there."""
        try:
            root = session.real_path(session.ask_of_path(Kind.REALPATH, self._source.root.encode()))
            session.attributes(session.ask_of_path(Kind.LSTAT, root))
        except Refused as refusal:
            if refusal.status != Status.NO_SUCH_FILE:
                raise
            raise WayFailed(
                Trouble.CONFIGURATION,
                f"{self._source}: the folder {self._source.root} is not there."
                " Set the source's folder as the SSH server's user sees it.",
            ) from None
        folder = root.rstrip(b"/") + b"/" + below
        looking = session.ask_of_path(Kind.LSTAT, folder)
        naming = session.ask_of_path(Kind.REALPATH, folder)
        try:
            attributes = session.attributes(looking)
        except Refused as refusal:
            if refusal.status != Status.NO_SUCH_FILE:
                raise
            self.close()
            return None
        if session.real_path(naming) != folder or not attributes.is_folder:
            raise self._strange()
        return folder

    def _list(self, session: Session, folder: bytes) -> list[Instance]:
        """Return the files in the folder and below it in the order of their names."""
        instances: list[Instance] = []
        waiting = [(b"", 0)]
        n_entries = 0
        until = time.monotonic() + LIST_WITHIN_S
        while waiting:
            above, depth = waiting.pop()
            handle = session.handle(session.ask_of_path(Kind.OPENDIR, folder + b"/" + above))
            for name, attributes in session.entries(handle):
                n_entries += 1
                if time.monotonic() > until:
                    raise TimeoutError
                if n_entries > MOST_FILES or depth > DEEPEST:
                    raise WayFailed(
                        Trouble.CONFIGURATION,
                        f"{self._source} has more than {MOST_FILES} files in a study's folder, or"
                        f" folders deeper than {DEEPEST}. Check which folder it names.",
                    )
                if not is_name(name):
                    raise self._strange()
                if attributes.is_folder:
                    waiting.append((above + name + b"/", depth + 1))
                elif attributes.is_file and attributes.n_bytes is not None:
                    instances.append(_instance(above + name, attributes))
                else:
                    raise self._strange()
            session.let_go(handle)
        names = {instance.name for instance in instances}
        if len(names) < len(instances):
            raise NotSftp
        return sorted(instances, key=lambda one: one.name.partition(" ")[2])

    def _open_file(self, session: Session, path: bytes) -> bytes:
        looking = session.ask_of_path(Kind.LSTAT, path)
        opening = session.ask_to_open(path)
        naming = session.ask_of_path(Kind.REALPATH, path)
        # A link may have taken the file's place since it was listed.
        if not session.attributes(looking).is_file:
            raise self._strange()
        handle = session.handle(opening)
        if session.real_path(naming) != path:
            raise self._strange()
        return handle

    def _strange(self) -> WayFailed:
        return WayFailed(
            Trouble.PROTOCOL,
            f"{self._source} has something else than files and folders there: links, devices or"
            " impossible names, which are not followed. Ask the region to put the files there.",
        )


def _instance(path: bytes, attributes: Attributes) -> Instance:
    written = "-" if attributes.modified_s is None else attributes.modified_s
    return Instance(f"{written} {os.fsdecode(path)}", attributes.n_bytes)


def _distrust(part: Path) -> None:
    """Cut off the last bytes of what has come, if anything has."""
    if part.exists():
        os.truncate(part, max(part.stat().st_size - UNTRUSTED_BYTES, 0))
