"""Where a sham region keeps its images: an Orthanc, or a folder that its SSH server shows."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from fleet.demo.orthanc import Orthanc
from fleet.demo.servers import give, make_folder


class Archive(Protocol):
    """Studies by a name: the reference in a folder, the UID in an Orthanc."""

    @property
    def named_by(self) -> str: ...
    def kept(self) -> set[str]: ...
    def store(self, name: str, files: Iterable[bytes]) -> None: ...
    def forget(self, name: str) -> None: ...


class FolderArchive:
    """A folder a study, named by its reference."""

    named_by = "study_ref"

    def __init__(self, folder: Path) -> None:
        self.folder = make_folder(folder)

    def kept(self) -> set[str]:
        return {entry.name for entry in self.folder.iterdir()}

    def store(self, name: str, files: Iterable[bytes]) -> None:
        # Under another name first, so that nobody finds half a study.
        draft = make_folder(self.folder.with_name(f"{self.folder.name}-draft"))
        for number, file in enumerate(files, start=1):
            image = draft / f"{number}.dcm"
            image.write_bytes(file)
            give(image, 0o600)
        draft.rename(self.folder / name)

    def forget(self, name: str) -> None:
        shutil.rmtree(self.folder / name)


class OrthancArchive:
    """A running Orthanc, which knows a study by its UID."""

    named_by = "study_uid"

    def __init__(self, orthanc: Orthanc) -> None:
        self._orthanc = orthanc
        self._ids = {
            study["MainDicomTags"]["StudyInstanceUID"]: study["ID"] for study in orthanc.studies()
        }

    def kept(self) -> set[str]:
        return set(self._ids)

    def store(self, name: str, files: Iterable[bytes]) -> None:
        for file in files:
            self._ids[name] = self._orthanc.store(file)["ParentStudy"]

    def forget(self, name: str) -> None:
        self._orthanc.delete("studies", self._ids.pop(name))
