"""The way through Orthanc's own REST interface: sizes and MD5 are known, files come one by one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fleet.exports.ways.landing import Landing
from fleet.exports.ways.reach import Reach
from fleet.exports.ways.way import Found, Instance, Said, StudyKey, Way
from fleet.exports.ways.web import NOT_FOUND, Web, WebSource

NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{8}){4}")
MD5 = re.compile(rb"[0-9a-f]{32}")
# Of a study that is looked up by an attribute: one too many is enough to refuse.
ENOUGH = 2


class OrthancWay(Way):
    """Studies of one Orthanc, version 1.9 and later; it keeps the `reach` that it was given."""

    n_parallel = 4

    def __init__(self, reach: Reach, source: WebSource) -> None:
        self._source = source
        self._web = Web(reach, source, self.n_parallel)

    def look_up(self, key: StudyKey) -> Found | None:
        wanted = self._source.wanted(key)
        names = self._by_tag(wanted) if self._source.lookup_tag else self._by_uid(wanted)
        if not names:
            return None
        if len(names) > 1:
            raise self._web.ambiguous()
        figures = self._web.json("GET", f"/studies/{names[0]}/statistics")
        if figures is None:
            return None
        [figures] = self._web.objects([figures])
        # Files that Orthanc itself compresses leave it uncompressed.
        n_bytes = figures.get("DicomUncompressedSize", figures.get("UncompressedSize"))
        n_instances = self._web.number(figures.get("CountInstances"))
        return Found(names[0], n_instances, self._web.number(n_bytes))

    def instances(self, found: Found) -> list[Instance]:
        listed = self._web.json("GET", f"/studies/{found.handle}/instances")
        if listed is None:
            raise self._web.gone()
        instances = {
            (name := self._name(entry.get("ID"))): Instance(
                name, self._web.number(entry.get("FileSize"))
            )
            for entry in self._web.objects(listed)
        }
        if len(instances) != len(listed):
            raise self._web.nonsense()
        return [instances[name] for name in sorted(instances)]

    def fetch(
        self,
        found: Found,  # noqa: ARG002 (an instance's name says enough)
        instance: Instance,
        target: Path,
        said: Said,
    ) -> None:
        path = f"/instances/{self._name(instance.name)}"
        whole = Instance(instance.name, instance.n_bytes, instance.md5 or self._md5(path))
        with (
            self._web.answer("GET", f"{path}/file", accept="application/dicom") as answer,
            Landing(str(self._source), whole, target, said) as landing,
        ):
            if answer.status == NOT_FOUND:
                raise self._web.gone()
            for piece in answer.pieces:
                landing.write(piece)
            landing.finish()

    def close(self) -> None:
        self._web.close()

    def _by_uid(self, uid: str) -> list[str]:
        found = self._web.json("POST", "/tools/lookup", uid)
        return self._names(
            # A patient or an image may have the same number as the study.
            [entry.get("ID") for entry in self._web.objects(found) if entry.get("Type") == "Study"]
        )

    def _by_tag(self, value: str) -> list[str]:
        question = {
            "Level": "Study",
            "Query": {self._source.lookup_tag: value},
            "CaseSensitive": True,
            "Limit": ENOUGH,
        }
        return self._names(self._web.json("POST", "/tools/find", json.dumps(question)))

    def _md5(self, path: str) -> str:
        """Return the MD5 that Orthanc kept of the file; empty where it keeps none."""
        md5 = self._web.text("GET", f"{path}/attachments/dicom/md5")
        return md5.decode() if md5 is not None and MD5.fullmatch(md5) else ""

    def _names(self, answer: Any) -> list[str]:
        if not isinstance(answer, list):
            raise self._web.nonsense()
        return [self._name(name) for name in answer]

    def _name(self, name: object) -> str:
        """Return Orthanc's name of something, which goes into paths of requests."""
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise self._web.nonsense()
        return name
