"""Room on the disk, set aside before a study is fetched, so that no two share the last of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from django.db import connection, transaction

from fleet.exports.folders import export_folder
from fleet.exports.models import ExportedStudy

# As it came, de-identified, and as a package.
COPIES = 3
# What is never ours: databases and logs may live on the same disk.
KEPT_FREE = 256 * 2**20
LOCK = 0x726F6F6D


@dataclass(frozen=True)
class Disk:
    """Bytes of the file system of the export folder."""

    total: int
    free: int


class NoRoom(Exception):
    """There is no room now; `is_hopeless` when there would be none on an empty disk."""

    def __init__(self, sentence: str, *, is_hopeless: bool) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_hopeless = is_hopeless


def disk() -> Disk:
    """Return what the export folder's disk has."""
    usage = shutil.disk_usage(export_folder())
    return Disk(usage.total, usage.free)


@transaction.atomic
def reserve(study: ExportedStudy, n_bytes: int, disk: Disk) -> None:
    """Set room aside for a study of that many bytes, in the study's row. Raises NoRoom."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    needed = COPIES * n_bytes
    if needed + KEPT_FREE > disk.total:
        raise NoRoom(_sentence(needed, disk.total), is_hopeless=True)
    others = ExportedStudy.objects.exclude(pk=study.pk).filter(n_bytes_reserved__gt=0)
    promised = sum(max(0, one.n_bytes_reserved - one.n_bytes_fetched) for one in others)
    free = disk.free + study.n_bytes_fetched - promised - KEPT_FREE
    if needed > free:
        raise NoRoom(_sentence(needed, max(0, free)), is_hopeless=False)
    ExportedStudy.objects.filter(pk=study.pk).update(n_bytes_reserved=needed)


def _sentence(needed: int, there: int) -> str:
    return (
        f"The study needs {needed // 2**20} MiB in the export folder, and {there // 2**20} MiB are"
        " there for it. Make room, or wait until packages expire."
    )
