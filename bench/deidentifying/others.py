"""Run one library over a folder, as its documentation says, in a Python that holds only it.

Arguments: the library, the folder of files, the folder for what comes out under the same names.
Prints the names of files that it could not do, one a line.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

Clean = Callable[[Path, Path], object]


def dicognito() -> Clean:
    import pydicom
    from dicognito.anonymizer import Anonymizer

    anonymizer = Anonymizer(seed="fleet")

    def clean(source: Path, target: Path) -> None:
        dataset = pydicom.dcmread(source)
        anonymizer.anonymize(dataset)
        dataset.save_as(target)

    return clean


def deid() -> Clean:
    from deid.dicom import get_identifiers, replace_identifiers

    def clean(source: Path, target: Path) -> None:
        files = [str(source)]
        # The default recipe, and private attributes out, as it recommends.
        replace_identifiers(
            dicom_files=files,
            ids=get_identifiers(files),
            save=True,
            remove_private=True,
            output_folder=str(target.parent),
        )

    return clean


def dicom_anonymizer() -> Clean:
    from dicomanonymizer.simpledicomanonymizer import anonymize_dicom_file, initialize_actions

    def clean(source: Path, target: Path) -> None:
        anonymize_dicom_file(
            str(source),
            str(target),
            base_rules_gen=lambda: initialize_actions("dicomfields_2026c"),
        )

    return clean


LIBRARIES: dict[str, Callable[[], Clean]] = {
    "dicognito": dicognito,
    "deid": deid,
    "dicom-anonymizer": dicom_anonymizer,
}


def main() -> None:
    warnings.simplefilter("ignore")
    name, sources, targets = sys.argv[1:]
    clean = LIBRARIES[name]()
    for source in sorted(Path(sources).iterdir()):
        target = Path(targets) / source.name
        try:
            clean(source, target)
        except Exception:
            target.unlink(missing_ok=True)
            print(source.name)


if __name__ == "__main__":
    main()
