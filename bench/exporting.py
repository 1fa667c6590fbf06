"""A study of 500 MB out of Orthanc and an SFTP folder, ours against OpenSSH's; memory for 2 GB."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any

from bench.report import Report
from bench.rig import line
from fleet.demo.orthanc import Orthanc
from fleet.demo.servers import LOOPBACK, free_port, give, is_listening, make_folder
from fleet.demo.ssh import SshServer
from tests.rig.studies import files_of, uid_of

MB = 10**6
STUDY = ("rate", 50, 10 * MB)
BIG_STUDY = ("memory", 20, 100 * MB)
ROUND_TRIPS_S = (0.0, 0.05)
ROUNDS = 3
OTHERS = {"orthanc": "curl through ssh -L", "sftp": "sftp"}
LEAST_RATIO = 0.8
MOST_MEMORY = 200 * MB
WITHIN_S = 600


def main(folder: Path) -> None:
    report = Report("exporting")
    with Contour(folder) as contour:
        contour.store(*STUDY)
        for round_trip in ROUND_TRIPS_S:
            for kind in OTHERS:
                compare(report, contour, kind, round_trip)
        contour.forget(STUDY[0])
        contour.store(*BIG_STUDY)
        for kind in OTHERS:
            said = contour.fetch(kind, BIG_STUDY[0], contour.ssh.port, keeps=False)
            what = f"{kind}: peak memory of the process that fetches {said['n_bytes'] / MB:,.0f} MB"
            report.add(f"{what} (most {MOST_MEMORY / MB:.0f})", said["peak_bytes"] / MB, "MB")
    report.keep()


def one_line(folder: Path, kind: str, round_trip: float) -> None:
    """Print one comparison, and keep nothing."""
    with Contour(folder) as contour:
        contour.store(*STUDY)
        compare(Report(f"exporting, {kind}"), contour, kind, round_trip)


def compare(report: Report, contour: Contour, kind: str, round_trip: float) -> None:
    """Fetch in turn by our way and by OpenSSH, over a line of its own."""
    name = STUDY[0]
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    with line(contour.ssh.port, round_trip / 2) as wire:
        for _round in range(ROUNDS):
            ours.append(contour.fetch(kind, name, wire.port, keeps=True))
            take = contour.curl if kind == "orthanc" else contour.sftp
            theirs.append(take(name, wire.port))
    where = f"{kind}, {round_trip * 1000:.0f} ms round trip"
    for whose, figures in (("ours", ours), (OTHERS[kind], theirs)):
        report.add(f"{where}: {whose}", median(map(_rate, figures)), "MB/s")
        busy = median(one["cpu_seconds"] for one in figures)
        report.add(f"{where}: {whose}, processor", busy, "s")
    ratio = median(_rate(our) / _rate(their) for our, their in zip(ours, theirs, strict=True))
    report.add(f"{where}: ratio (least {LEAST_RATIO})", ratio, "")


class Contour:
    """An Orthanc and a folder with the same study behind an SSH server, and who fetches it."""

    def __init__(self, folder: Path) -> None:
        self._folder = make_folder(folder)
        self._archive = make_folder(folder / "archive")
        self._orthanc = Orthanc(folder / "orthanc")
        self.ssh = SshServer(folder / "ssh", [], kind="openssh", archive=self._archive)

    def __enter__(self) -> Contour:
        self._orthanc.start()
        self.ssh.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ssh.stop()
        self._orthanc.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def store(self, name: str, n_files: int, n_bytes: int) -> None:
        study = make_folder(self._archive / uid_of(name))
        for number, content in enumerate(files_of(name, n_files, n_bytes)):
            self._orthanc.store(content)
            file = study / f"{number}.dcm"
            file.write_bytes(content)
            give(file, 0o600)

    def forget(self, name: str) -> None:
        for study in self._orthanc.studies():
            self._orthanc.delete("studies", study["ID"])
        shutil.rmtree(self._archive / uid_of(name))

    def fetch(self, kind: str, name: str, port: int, *, keeps: bool) -> dict[str, float]:
        """Fetch by one of our ways, in a process of its own; return what it said."""
        orthanc, ssh = self._orthanc, self.ssh
        login = {"username": orthanc.user, "password": orthanc.password}
        sources: dict[str, dict[str, Any]] = {
            "sftp": {"name": "bench", "folder": "{study_uid}"},
            "orthanc": {"name": "bench", "host": LOOPBACK, "port": orthanc.port, **login},
        }
        key = {"private_key": f"file:{ssh.private_key_path}", "passphrase": ""}
        hop = {"host": LOOPBACK, "port": port, "user": ssh.user, "host_key": ssh.host_key_line}
        with self._target() as target:
            told = {
                "kind": kind,
                "source": sources[kind],
                "hop": hop | key,
                "study_uid": uid_of(name),
                "folder": str(target),
                "keeps": keeps,
            }
            done = subprocess.run(
                [sys.executable, "-m", "bench.fetching"],
                input=json.dumps(told),
                capture_output=True,
                text=True,
                timeout=WITHIN_S,
                check=False,
            )
        if done.returncode:
            raise SystemExit(done.stderr)
        said: dict[str, float] = json.loads(done.stdout)
        return said

    def curl(self, name: str, port: int) -> dict[str, float]:
        """Return what one curl over one connection through OpenSSH took."""
        instances = self._orthanc.instances(uid_of(name))
        with self._target() as target, _timed(target) as said, self._forwarding(port) as local:
            config = f"user={self._orthanc.user}:{self._orthanc.password}\n" + "\n".join(
                f"url=http://{LOOPBACK}:{local}/instances/{instance}/file\n"
                f"output={target}/{instance}"
                for instance in instances
            )
            self._run(["curl", "-sfK", "-"], config)
        return said

    def sftp(self, name: str, port: int) -> dict[str, float]:
        """Return what OpenSSH's sftp took."""
        with self._target() as target, _timed(target) as said:
            where = f"{self.ssh.user}@{LOOPBACK}"
            self._run(
                ["sftp", "-q", "-b", "-", *self._options(port), where],
                f"get -r {uid_of(name)} {target}\n",
            )
        return said

    @contextmanager
    def _forwarding(self, port: int) -> Iterator[int]:
        local = free_port()
        where = f"{local}:{LOOPBACK}:{self._orthanc.port}"
        process = subprocess.Popen(
            ["ssh", "-N", *self._options(port), "-L", where, f"{self.ssh.user}@{LOOPBACK}"]
        )
        try:
            while not is_listening(local):
                time.sleep(0.01)
            yield local
        finally:
            process.terminate()
            process.wait(10)

    def _options(self, port: int) -> list[str]:
        known = self._folder / "known_hosts"
        known.write_text(f"[{LOOPBACK}]:{port} {self.ssh.host_key_line}\n")
        settings = [f"Port={port}", f"UserKnownHostsFile={known}", "BatchMode=yes"]
        options = [word for setting in settings for word in ("-o", setting)]
        return ["-F", "none", "-i", str(self.ssh.private_key_path), *options]

    def _run(self, command: list[str], told: str) -> None:
        subprocess.run(
            command,
            input=told,
            text=True,
            stdout=subprocess.DEVNULL,
            timeout=WITHIN_S,
            check=True,
        )

    @contextmanager
    def _target(self) -> Iterator[Path]:
        target = self._folder / "fetched"
        target.mkdir()
        yield target
        shutil.rmtree(target)


@contextmanager
def _timed(target: Path) -> Iterator[dict[str, float]]:
    """Yield what is filled at the end: seconds, those of processors, bytes in `target`."""
    said: dict[str, float] = {}
    started, before = time.perf_counter(), getrusage(RUSAGE_CHILDREN)
    yield said
    after = getrusage(RUSAGE_CHILDREN)
    busy = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    said |= {"seconds": time.perf_counter() - started, "cpu_seconds": busy}
    said["n_bytes"] = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())


def _rate(figures: dict[str, float]) -> float:
    """Return megabytes a second."""
    return figures["n_bytes"] / figures["seconds"] / MB
