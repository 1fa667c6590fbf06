"""DCMTK's small PACS with the studies that a test gives it, on a loopback port of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from fleet.demo.servers import Process, free_port, give, is_listening, make_folder, unprivileged

PROGRAM, INDEXER = "dcmqrscp", "dcmqridx"
AE_TITLE = "ARCHIVE"
CONFIG = """\
NetworkTCPPort = {port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
fleet = (FLEET, localhost, 11112)
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
{title} {folder} R (200, 1024mb) fleet
AETable END
"""


def is_installed() -> bool:
    return bool(shutil.which(PROGRAM) and shutil.which(INDEXER))


class Dcmqrscp:
    """Answers C-FIND and C-GET to who calls itself FLEET."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, files: Iterable[bytes]) -> None:
        self.port = free_port()
        make_folder(folder)
        studies = make_folder(folder / "studies")
        self.paths = [studies / f"{number}.dcm" for number, _file in enumerate(files)]
        for path, file in zip(self.paths, files, strict=True):
            path.write_bytes(file)
            give(path, 0o600)
        subprocess.run([INDEXER, studies, *self.paths], check=True, **unprivileged())
        config = folder / "dcmqrscp.cfg"
        config.write_text(CONFIG.format(port=self.port, title=AE_TITLE, folder=studies))
        give(config, 0o600)
        self._process = Process(
            PROGRAM,
            [PROGRAM, "-c", config],
            folder / "log",
            cwd=folder,
            account=unprivileged(),
        )

    def start(self) -> None:
        self._process.start(lambda: is_listening(self.port))

    def stop(self) -> None:
        self._process.stop()
