"""A small PACS: Debian's Orthanc with DICOMweb, as a region's archive of studies."""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path
from typing import Any

import httpx

from fleet.demo.servers import (
    LOOPBACK,
    Process,
    ServerError,
    free_port,
    give,
    make_folder,
    unprivileged,
)

PROGRAM = "Orthanc"
PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin"
DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
STARTS_WITHIN_S = 30
USER = "fleet"


def is_installed() -> bool:
    return _program() is not None and DICOMWEB.exists()


class Orthanc:
    """An archive that answers HTTP with a password; port and studies outlive stop() and start().

    Before version 1.12.10 Orthanc binds its port on all interfaces, whatever it is told: to what
    comes from elsewhere it answers 403. Its DICOM port is closed.
    """

    host = LOOPBACK
    user = USER

    def __init__(self, folder: Path, **settings: Any) -> None:
        program = _program()
        if program is None or not DICOMWEB.exists():
            raise ServerError("Orthanc is not installed: apt-get install orthanc orthanc-dicomweb.")
        self.name = f"Orthanc {folder.name}"
        self.folder = make_folder(folder)
        self.port = int(self._remembered("port", str(free_port())))
        self.password = self._remembered("password", secrets.token_urlsafe(24))
        self.log = self.folder / "log"
        config = self.folder / "orthanc.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(self._config() | settings))
        give(config, 0o600)
        self.process = Process(
            self.name,
            [program, config],
            self.log,
            cwd=self.folder,
            account=unprivileged(),
        )

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def is_running(self) -> bool:
        return self.process.is_running

    def start(self) -> None:
        """Start the server; it answers on return. Raises ServerError."""
        self.process.start(self._answers, timeout=STARTS_WITHIN_S)

    def stop(self) -> None:
        self.process.stop()

    def store(self, dicom: bytes) -> dict[str, str]:
        """Keep a file and return Orthanc's names: ID, ParentSeries, ParentStudy …"""
        return dict(self._ask("POST", "/instances", content=dicom).json())

    def studies(self) -> list[dict[str, Any]]:
        """Return Orthanc's name (ID) and MainDicomTags of every study."""
        return list(self._ask("GET", "/studies?expand").json())

    def instances(self, study_uid: str) -> list[str]:
        """Return Orthanc's names of a study's files."""
        question = {"Level": "Instance", "Query": {"StudyInstanceUID": study_uid}}
        return list(self._ask("POST", "/tools/find", json=question).json())

    def delete(self, kind: str, name: str) -> None:
        """Forget one of `kind` ("studies", "instances") by Orthanc's name of it."""
        self._ask("DELETE", f"/{kind}/{name}")

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = httpx.request(
            method, self.url + path, auth=(self.user, self.password), timeout=30, **options
        )
        answer.raise_for_status()
        return answer

    def _answers(self) -> bool:
        try:
            self._ask("GET", "/system")
        except httpx.TransportError:
            return False
        return True

    def _remembered(self, name: str, new: str) -> str:
        path = self.folder / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(new)
        return path.read_text()

    def _config(self) -> dict[str, Any]:
        return {
            "Name": self.folder.name,
            "StorageDirectory": str(self.folder / "studies"),
            "IndexDirectory": str(self.folder / "studies"),
            "HttpPort": self.port,
            "HttpBindAddresses": [LOOPBACK],
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {self.user: self.password},
            "DicomServerEnabled": False,
            "WebDavEnabled": False,
            "Plugins": [str(DICOMWEB)],
            "DicomWeb": {"Enable": True, "EnableWado": False},
        }


def _program() -> str | None:
    return shutil.which(PROGRAM, path=PLACES)
