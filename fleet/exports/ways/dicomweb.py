"""The way through DICOMweb: QIDO-RS finds and lists, WADO-RS gives files one by one."""

from __future__ import annotations

from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fleet.exports.ways.landing import Landing
from fleet.exports.ways.lookup import UID
from fleet.exports.ways.multipart import NotMultipart, only_part
from fleet.exports.ways.reach import Reach
from fleet.exports.ways.way import Found, Instance, Said, StudyKey, Way
from fleet.exports.ways.web import NOT_FOUND, Web, WebSource

STUDY, SERIES, SOP, N_INSTANCES = "0020000D", "0020000E", "00080018", "00201208"
FIELDS = f"includefield={N_INSTANCES}&includefield={{}}"
# As it is stored; without it some servers recode compressed images.
AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
PAGE = 1000
MOST_INSTANCES = 20_000


class DicomwebWay(Way):
    """Studies of one DICOMweb server, whose sizes and MD5 nobody tells beforehand."""

    n_parallel = 4

    def __init__(self, reach: Reach, source: WebSource) -> None:
        self._source = source
        self._web = Web(reach, source, self.n_parallel)

    def look_up(self, key: StudyKey) -> Found | None:
        asked = self._source.lookup_tag.replace(",", "").upper() or STUDY
        wanted = self._source.wanted(key)
        question = f"/studies?{asked}={quote(wanted, safe='')}&{FIELDS.format(asked)}&limit=2"
        studies = {
            self._uid(study, STUDY): study
            for study in self._list(self._web.json("GET", question))
            # A server that does not know the attribute answers with all that it has.
            if _value(study, asked) == wanted
        }
        if not studies:
            return None
        if len(studies) > 1:
            raise self._web.ambiguous()
        [(uid, study)] = studies.items()
        number = _value(study, N_INSTANCES)
        return Found(uid, self._web.number(number) if number else None)

    def instances(self, found: Found) -> list[Instance]:
        names: set[str] = set()
        known = -1
        # A page may be shorter than asked for; a server without pages tells the same again.
        while len(names) > known:
            known = len(names)
            page = f"limit={PAGE}&offset={len(names)}"
            listed = self._list(self._web.json("GET", f"/studies/{found.handle}/instances?{page}"))
            names |= {f"{self._uid(one, SERIES)}/{self._uid(one, SOP)}" for one in listed}
            if len(names) > MOST_INSTANCES:
                raise self._web.nonsense()
        if not names:
            raise self._web.gone()
        return [Instance(name) for name in sorted(names)]

    def fetch(self, found: Found, instance: Instance, target: Path, said: Said) -> None:
        series, sop = instance.name.split("/")
        path = f"/studies/{found.handle}/series/{series}/instances/{sop}"
        with (
            self._web.answer("GET", path, accept=AS_STORED) as answer,
            Landing(str(self._source), instance, target, said) as landing,
        ):
            if answer.status == NOT_FOUND:
                raise self._web.gone()
            try:
                for piece in only_part(answer.pieces, _boundary(answer.content_type)):
                    landing.write(piece)
            except NotMultipart:
                raise self._web.nonsense() from None
            landing.finish()

    def close(self) -> None:
        self._web.close()

    def _list(self, answer: Any) -> list[dict[str, Any]]:
        """Return the datasets of an answer; none where the server says that nothing is there."""
        return [] if answer is None else self._web.objects(answer)

    def _uid(self, dataset: dict[str, Any], tag: str) -> str:
        """Return a UID, which goes into paths of requests."""
        uid = _value(dataset, tag)
        if not UID.fullmatch(uid):
            raise self._web.nonsense()
        return uid


def _value(dataset: dict[str, Any], tag: str) -> str:
    """Return an attribute's only value of DICOM JSON as text; empty where there is none."""
    try:
        [value] = dataset[tag]["Value"]
    except (KeyError, TypeError, ValueError):
        return ""
    return str(value).strip()


def _boundary(content_type: str) -> bytes:
    """Return what stands between the parts; empty where the content has no parts."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary("")
    return boundary.encode() if header.get_content_maintype() == "multipart" else b""
