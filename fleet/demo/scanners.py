"""Scanners: vendors' models, the devices that stand in a region, and what their images say."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class ScannerModel:
    """A vendor's model: pairs are mean and standard deviation of a measured attribute."""

    modality: str
    vendor: str
    name: str
    software: str
    detector: str | None
    rows: int
    cols: int
    spacing_mm: float
    bits: int
    photometric: str
    kvp: tuple[float, float]
    exposure_uas: tuple[float, float]
    index: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Scanner:
    """One device in a clinic."""

    number: int
    serial: str
    clinic: str
    model: ScannerModel


@dataclass(slots=True)
class Acquisition:
    """What one study's headers say."""

    body_part: str
    views: tuple[str, ...]
    sides: tuple[str, ...]
    n_series: int
    n_images: int
    size_bytes: int
    rows: int
    cols: int
    kvp: float
    exposure_uas: float
    index: float | None
    deviation: float | None
    thickness_mm: float | None
    force_n: float | None
    age: int
    sex: str


MODELS = (
    ScannerModel("MG", "HOLOGIC, Inc.", "Selenia Dimensions", "1.11.1", "DIRECT",
                 4096, 3328, 0.065, 12, "MONOCHROME2", (29.5, 1.6), (95_000, 26_000), (420, 60)),
    ScannerModel("MG", "GE MEDICAL SYSTEMS", "Senographe Pristina", "ADS 61.10", "SCINTILLATOR",
                 2850, 2394, 0.1, 14, "MONOCHROME2", (31.0, 2.2), (52_000, 15_000), None),
    ScannerModel("MG", "SIEMENS", "MAMMOMAT Inspiration", "VB60", "DIRECT",
                 3518, 2800, 0.085, 12, "MONOCHROME2", (28.6, 1.2), (110_000, 30_000), (370, 45)),
    ScannerModel("MG", "АМИКО", "Маммо-4", "4.2.0", "SCINTILLATOR",
                 3062, 2394, 0.083, 14, "MONOCHROME1", (27.8, 1.0), (130_000, 42_000), None),
    ScannerModel("DX", "Philips Medical Systems", "DigitalDiagnost", "4.3.2", "SCINTILLATOR",
                 2874, 2840, 0.148, 12, "MONOCHROME2", (117, 8), (2_400, 900), (310, 70)),
    ScannerModel("DX", "SIEMENS", "Ysio Max", "VE10K", "SCINTILLATOR",
                 2836, 2836, 0.148, 14, "MONOCHROME2", (121, 5), (1_900, 700), (520, 110)),
    ScannerModel("DX", "НИПК Электрон", "КРТ-Электрон", "2.7", "SCINTILLATOR",
                 3072, 3072, 0.139, 14, "MONOCHROME1", (105, 9), (3_600, 1_500), (680, 150)),
    ScannerModel("CR", "FUJIFILM Corporation", "FCR PRIMA", "A06", "STORAGE",
                 1760, 1760, 0.2, 10, "MONOCHROME1", (98, 11), (5_200, 2_100), (1_450, 300)),
    ScannerModel("CT", "CANON_MEC", "Aquilion Prime SP", "V8.4", None,
                 512, 512, 0.72, 16, "MONOCHROME2", (119, 4), (98_000, 40_000), None),
    ScannerModel("CT", "GE MEDICAL SYSTEMS", "Revolution EVO", "17HW34", None,
                 512, 512, 0.7, 16, "MONOCHROME2", (120, 2), (140_000, 55_000), None),
)  # fmt: skip

FAMILIES = {"MG": ("MG",), "DX": ("DX", "CR"), "CT": ("CT",)}


def devices(seed: int) -> dict[str, list[Scanner]]:
    """Return the region's devices by family (MG, DX, CT); the first model is the commonest."""
    rng = Random(seed * 7919 + 11)
    park: dict[str, list[Scanner]] = {}
    number = 0
    for family, modalities in FAMILIES.items():
        models = [model for model in MODELS if model.modality in modalities]
        park[family] = []
        for rank, model in enumerate(rng.sample(models, min(len(models), rng.choice((2, 3))))):
            for _ in range(rng.choice((1, 2)) + (rank == 0)):
                number += 1
                park[family].append(
                    Scanner(
                        number, f"{family}-{seed:02}-{number:03}", f"ЛПУ-{number % 7 + 1}", model
                    )
                )
    return park


def acquire(rng: Random, scanner: Scanner, shift: float) -> Acquisition:
    """Invent one study's headers; `shift` scales exposure and exposure index (1: as ever)."""
    model = scanner.model
    exposure = max(100.0, rng.gauss(*model.exposure_uas)) * shift
    index = max(1.0, rng.gauss(*model.index)) * shift if model.index else None
    female = rng.random() < (1.0 if model.modality == "MG" else 0.52)
    n_images, body_part, views, sides = _views(rng, model)
    pixels = model.rows * model.cols * 2 * n_images
    return Acquisition(
        body_part=body_part,
        views=views,
        sides=sides,
        n_series=1 if model.modality == "CT" else n_images,
        n_images=n_images,
        size_bytes=pixels,
        rows=model.rows,
        cols=model.cols,
        kvp=round(rng.gauss(*model.kvp), 1),
        exposure_uas=round(exposure),
        index=round(index, 1) if index else None,
        deviation=round(rng.gauss(0.2, 1.6) + 6 * (shift - 1), 2) if index else None,
        thickness_mm=round(rng.gauss(56, 13), 1) if model.modality == "MG" else None,
        force_n=round(max(20.0, rng.gauss(92, 26)), 1) if model.modality == "MG" else None,
        age=min(99, max(18, round(rng.gauss(57, 11 if female else 16)))),
        sex="F" if female else "M",
    )


def _views(rng: Random, model: ScannerModel) -> tuple[int, str, tuple[str, ...], tuple[str, ...]]:
    if model.modality == "MG":
        sides = ("L", "R") if rng.random() < 0.94 else (rng.choice("LR"),)
        return 2 * len(sides), "BREAST", ("CC", "MLO"), sides
    if model.modality == "CT":
        return rng.randint(180, 620), "CHEST", (), ()
    views = ("PA", "LL") if rng.random() < 0.3 else ("PA",)
    return len(views), "CHEST" if rng.random() < 0.97 else "ABDOMEN", views, ()
