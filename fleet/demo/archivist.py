"""Keep each sham region's archive in step with what the region processed, until SIGTERM.

`python -m fleet.demo.archivist --config FILE`; FILE is a JSON list of {"url": "postgresql://…",
"folder": "…", "is_orthanc": true}. The newest studies come first; after KEPT_FOR they are gone, as
in an archive that is full.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from fleet import clock
from fleet.demo.archives import Archive, FolderArchive, OrthancArchive
from fleet.demo.images import SOP_CLASSES, images
from fleet.demo.orthanc import Orthanc

log = logging.getLogger(__name__)
# The regions' contracts say the same as `available_until`.
KEPT_FOR = timedelta(days=2)
EVERY_S = 2.0
A_STEP = 12
CONNECT_TIMEOUT_S = 5
# Where the region keeps the UIDs to itself, the images have others.
STUDIES = """
SELECT study_ref, coalesce(study_uid, '2.25.' || row_id) AS study_uid, modality, received_at
FROM fleet_contract.study
WHERE received_at > %s AND modality = ANY(%s) ORDER BY received_at DESC
"""


@dataclass(frozen=True)
class Keeping:
    """One region's database and its archive."""

    url: str
    archive: Archive

    def step(self, now: datetime) -> int:
        """Store up to A_STEP studies and forget those that are too old; return how many stored."""
        with psycopg.connect(
            self.url, connect_timeout=CONNECT_TIMEOUT_S, row_factory=dict_row
        ) as region:
            asked = region.execute(STUDIES, (now - KEPT_FOR, list(SOP_CLASSES)))
            wanted = {row[self.archive.named_by]: row for row in asked}
        kept = self.archive.kept()
        for name in kept - wanted.keys():
            self.archive.forget(name)
        missing = [name for name in wanted if name not in kept][:A_STEP]
        for name in missing:
            row = wanted[name]
            files = images(row["study_uid"], row["modality"], row["received_at"])
            self.archive.store(name, files)
        return len(missing)


def read_keepings(entries: list[dict[str, Any]]) -> Iterator[Keeping]:
    """Yield what the configuration names; an Orthanc is running already."""
    for entry in entries:
        folder = Path(entry["folder"])
        archive: Archive = (
            OrthancArchive(Orthanc(folder)) if entry["is_orthanc"] else FolderArchive(folder)
        )
        yield Keeping(entry["url"], archive)


def main() -> None:
    """Work until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # Two days of images are nothing that anybody waits for.
    os.nice(10)
    keepings = list(read_keepings(json.loads(parser.parse_args().config.read_text())))
    while not stop.wait(EVERY_S):
        for keeping in keepings:
            try:
                keeping.step(clock.now())
            except (psycopg.Error, httpx.HTTPError) as error:
                log.warning("a step failed: %s", type(error).__name__)


if __name__ == "__main__":
    main()
