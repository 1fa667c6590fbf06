"""Where an export's files lie: what identifies a patient only in `work`, closed to the pages.

- work/raw-<hash>/: a study as its region sent it, shared by all exports that want it
- work/clean-<study>/: the same study de-identified for one export
- packages/<study>.zip
- previews/<study>/: contact sheets of the de-identified images
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from fleet.exports import keys
from fleet.exports.models import ExportedStudy


def export_folder() -> Path:
    """Return the folder of everything. Raises ImproperlyConfigured where none is set."""
    if not settings.FLEET_EXPORT_DIR:
        raise ImproperlyConfigured(
            "Set FLEET_EXPORT_DIR to a folder of this machine, the same for the web process and"
            " the exporter."
        )
    return Path(settings.FLEET_EXPORT_DIR)


def work_folder() -> Path:
    """Return the private folder; the exporter makes it, and nobody else may look in."""
    return export_folder() / "work"


def raw_folder(study: ExportedStudy) -> Path:
    """Return the folder of the study as it came; its name tells the study to nobody else."""
    return work_folder() / f"raw-{keys.keyed_name(f'{study.export.region.code} {study.study_ref}')}"


def clean_folder(study: ExportedStudy) -> Path:
    """Return the folder of the de-identified files and of what is known of them."""
    return work_folder() / f"clean-{study.pk}"


def package_path(study: ExportedStudy) -> Path:
    """Return where the package stands while the study is READY."""
    return export_folder() / "packages" / f"{study.pk}.zip"


def preview_folder(study: ExportedStudy) -> Path:
    """Return the folder of the contact sheets."""
    return export_folder() / "previews" / str(study.pk)


def sheet_paths(study: ExportedStudy) -> list[Path]:
    """Return the contact sheets in their order, from PREVIEW on until the study is shredded."""
    return sorted(preview_folder(study).glob("sheet-*.png"))


def make_folders() -> None:
    """Make the folders that hold all others, closed to other accounts."""
    for folder in (work_folder(), export_folder() / "packages", export_folder() / "previews"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
