"""The way through C-FIND and C-GET, of which nothing has to connect back to us."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from fleet.exports.ways.dimse_association import (
    FIELD,
    MESSAGE_ID,
    RESPONDED_ID,
    STATUS,
    Aborted,
    Association,
    Command,
    NotDimse,
    Rejected,
)
from fleet.exports.ways.dimse_elements import file_head, short, text, uid
from fleet.exports.ways.dimse_offers import (
    COMMON,
    FIND,
    GET,
    OFFERS_TO_FIND,
    SERVICES,
    Offer,
    offered_kinds,
    offers_to_get,
)
from fleet.exports.ways.dimse_source import DimseSource
from fleet.exports.ways.landing import Landing
from fleet.exports.ways.lookup import UID, wanted
from fleet.exports.ways.reach import Reach
from fleet.exports.ways.way import Found, Instance, Said, StudyKey, Way

CONNECT_WITHIN_S = 20.0
MOST_INSTANCES = 20_000
# Besides its file a PACS says a few times how many are left.
MOST_MESSAGES = 100
# What pynetdicom takes without a word in the log.
KIND = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
LIST_WITHIN_S = 600.0
C_STORE, C_STORE_DONE = 0x0001, 0x8001
C_FIND, C_FOUND, C_GET, C_GOT = 0x0020, 0x8020, 0x0010, 0x8010
ASKED_CLASS, PRIORITY, INSTANCE = 0x0000_0002, 0x0000_0700, 0x0000_1000
SUCCESS, MEDIUM = 0x0000, 0x0000
PENDING = {0xFF00, 0xFF01}

CHARACTERS, LEVEL = 0x0008_0005, 0x0008_0052
SOP_CLASS, SOP_INSTANCE = 0x0008_0016, 0x0008_0018
STUDY, SERIES, N_INSTANCES = 0x0020_000D, 0x0020_000E, 0x0020_1208


class DimseWay(Way):
    """Studies of one PACS. Series, instance and class name an instance; nobody tells its size."""

    n_parallel = 1

    def __init__(self, reach: Reach, source: DimseSource) -> None:
        self._reach = reach
        self._source = source
        self._kinds: list[str] = []
        self._offered: list[str] = []
        self._idle: Association | None = None
        self._busy: Association | None = None

    def look_up(self, key: StudyKey) -> Found | None:
        value = wanted(str(self._source), self._source.lookup_tag, key)
        tag = int(self._source.lookup_tag.replace(",", "") or f"{STUDY:x}", 16)
        told = uid(value) if tag == STUDY else value.encode()
        question = {STUDY: b"", N_INSTANCES: b"", tag: told}
        if not value.isascii():
            question[CHARACTERS] = b"ISO_IR 192"
        studies = {}
        with self._asking() as association:
            for study in self._find(association, "STUDY", question):
                # A PACS that does not know the attribute answers with all that it has.
                if text(study.get(tag, b"")) == value:
                    studies[self._uid(study, STUDY)] = study
        if not studies:
            return None
        if len(studies) > 1:
            raise self._source.ambiguous()
        [(name, study)] = studies.items()
        number = text(study.get(N_INSTANCES, b""))
        return Found(name, int(number) if re.fullmatch("[0-9]{1,9}", number) else None)

    def instances(self, found: Found) -> list[Instance]:
        study = {STUDY: uid(found.handle)}
        names = set()
        n_answers = 0
        until = time.monotonic() + LIST_WITHIN_S
        with self._asking() as association:
            all_series = {
                self._uid(series, SERIES)
                for series in self._find(association, "SERIES", {**study, SERIES: b""})
            }
            for series in sorted(all_series):
                question = {**study, SERIES: uid(series), SOP_INSTANCE: b"", SOP_CLASS: b""}
                for image in self._find(association, "IMAGE", question):
                    name = self._uid(image, SOP_INSTANCE)
                    # A PACS need not tell it.
                    kind = self._uid(image, SOP_CLASS) if SOP_CLASS in image else ""
                    if kind and not KIND.fullmatch(kind):
                        raise NotDimse
                    names.add(f"{series}/{name}/{kind}")
                    n_answers += 1
                    if n_answers > MOST_INSTANCES or time.monotonic() > until:
                        raise self._source.endless()
        if not names:
            raise self._source.gone()
        if len({name.split("/")[1] for name in names}) < n_answers:
            raise self._source.doubled()
        self._kinds = sorted({name.split("/")[2] for name in names} - {""})
        return [Instance(name) for name in sorted(names)]

    def fetch(self, found: Found, instance: Instance, target: Path, said: Said) -> None:
        series, name, kind = instance.name.split("/")
        question = {
            LEVEL: b"IMAGE",
            STUDY: uid(found.handle),
            SERIES: uid(series),
            SOP_INSTANCE: uid(name),
        }
        with (
            self._getter(kind) as association,
            Landing(str(self._source), instance, target, said) as landing,
        ):
            self._ask(association, GET, C_GET, question)
            is_here = False
            for _ in range(MOST_MESSAGES):
                command = association.command()
                if command.field == C_STORE and not is_here:
                    self._receive(association, command, (kind, name), landing)
                    is_here = True
                elif command.field == C_GOT:
                    association.elements(command)
                    if command.number(STATUS) not in PENDING:
                        break
                else:
                    raise self._source.other()
            else:
                raise NotDimse
            if not is_here:
                raise self._source.not_sent(command.number(STATUS))
            landing.finish()

    def close(self) -> None:
        if self._busy:
            self._busy.abort()
        if self._idle:
            self._idle.close()
        self._idle = None

    @contextmanager
    def _asking(self) -> Iterator[Association]:
        with self._failing():
            association = self._associate(OFFERS_TO_FIND)
            try:
                yield association
            except BaseException:
                association.abort()
                raise
            association.close()

    @contextmanager
    def _getter(self, kind: str) -> Iterator[Association]:
        """Yield the association by which images of this kind come; it stays open for the next."""
        with self._failing():
            if self._idle is None or (kind or COMMON[0]) not in self._offered:
                self.close()
                self._offered = offered_kinds(kind, self._kinds)
                self._idle = self._associate(offers_to_get(self._offered))
            self._busy, self._idle = self._idle, None
            try:
                yield self._busy
            except BaseException:
                self._busy.abort()
                raise
            else:
                self._idle = self._busy
            finally:
                self._busy = None

    def _associate(self, offers: Sequence[Offer]) -> Association:
        source = self._source
        called, calling = source.called_ae_title, source.calling_ae_title
        stream = self._reach.stream(source.host, source.port, CONNECT_WITHIN_S, source.certificate)
        try:
            association = Association(stream, called, calling, offers)
        except BaseException:
            stream.close()
            raise
        if association.context_of(offers[0].abstract) is None:
            association.close()
            raise source.no_service(SERVICES[offers[0].abstract])
        return association

    def _ask(
        self, association: Association, model: str, field: int, question: Mapping[int, bytes]
    ) -> None:
        command = {
            ASKED_CLASS: uid(model),
            FIELD: short(field),
            MESSAGE_ID: short(1),
            PRIORITY: short(MEDIUM),
        }
        association.send(association.context_of(model) or 0, command, question)

    def _find(
        self, association: Association, level: str, question: Mapping[int, bytes]
    ) -> Iterator[dict[int, bytes]]:
        self._ask(association, FIND, C_FIND, {LEVEL: level.encode(), **question})
        for _ in range(MOST_INSTANCES):
            command = association.command()
            if command.field != C_FOUND:
                raise NotDimse
            found = association.elements(command)
            status = command.number(STATUS)
            if status == SUCCESS:
                return
            if status not in PENDING:
                raise self._source.refusal(status)
            yield found
        raise self._source.endless()

    def _receive(
        self, association: Association, command: Command, wanted: tuple[str, str], landing: Landing
    ) -> None:
        """Write the image that the PACS stores with us, and say that we have it."""
        offer = association.accepted[command.context]
        sent = text(command.values.get(ASKED_CLASS, b"")), text(command.values.get(INSTANCE, b""))
        if sent != (wanted[0] or offer.abstract, wanted[1]):
            raise self._source.other()
        if not (offer.is_stored and offer.abstract == sent[0] and command.has_data):
            raise NotDimse
        landing.write(file_head(*sent, offer.syntax))
        for piece in association.data(command):
            landing.write(piece)
        done = {
            ASKED_CLASS: uid(sent[0]),
            FIELD: short(C_STORE_DONE),
            RESPONDED_ID: short(command.number(MESSAGE_ID)),
            STATUS: short(SUCCESS),
            INSTANCE: uid(sent[1]),
        }
        association.send(command.context, done)

    def _uid(self, answer: Mapping[int, bytes], tag: int) -> str:
        value = text(answer.get(tag, b""))
        if not UID.fullmatch(value):
            raise NotDimse
        return value

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Raise WayFailed for whatever breaks within the context."""
        try:
            yield
        except NotDimse:
            raise self._source.nonsense() from None
        except Rejected as rejected:
            raise self._source.rejection(rejected) from None
        except Aborted:
            raise self._source.aborted() from None
        except TimeoutError:
            raise self._source.too_late() from None
        except ConnectionError:
            raise self._source.broken() from None
