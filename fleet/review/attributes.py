"""What is measured of the studies that come in: names, units, ranges of the contract's bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

# 62 equal bins over the range; bin 0 is below it, bin 63 above. Fixed by contract version 1:
# `fleet_contract.input_range`.
INPUT_RANGES: dict[str, tuple[float, float]] = {
    "n_images": (0, 62),
    "image_rows": (0, 6200),
    "image_cols": (0, 6200),
    "pixel_spacing_mm": (0, 1.24),
    "bits_stored": (0, 62),
    "kvp": (0, 155),
    "exposure_uas": (0, 310000),
    "exposure_index": (0, 3100),
    "deviation_index": (-15.5, 15.5),
    "body_part_thickness_mm": (0, 124),
    "compression_force_n": (0, 248),
    "patient_age_years": (0, 124),
}
SCORE_RANGE = (0.0, 1.0)
N_EQUAL_BINS = 62


@dataclass(frozen=True, slots=True)
class Bins:
    """Equal bins over a range, with one more at each end for what lies beyond."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return (self.high - self.low) / N_EQUAL_BINS

    @property
    def digits(self) -> int:
        """How many decimals a value read from a bin is worth."""
        return max(0, ceil(-log10(self.width)))

    def middle(self, bin_number: int) -> float:
        return self.low + (bin_number - 0.5) * self.width

    def edges(self, bin_number: int) -> tuple[float | None, float | None]:
        """Return where the bin begins and ends; None for an end that is open."""
        low = self.low + (bin_number - 1) * self.width if bin_number > 0 else None
        high = self.low + bin_number * self.width if bin_number <= N_EQUAL_BINS else None
        return low, high

    def median(self, counts: Sequence[int]) -> float | None:
        """Return the middle of the bin that holds the median; None of nothing."""
        half, passed = sum(counts) / 2, 0
        for bin_number, n in enumerate(counts):
            passed += n
            if n and passed >= half:
                return self.middle(bin_number)
        return None
