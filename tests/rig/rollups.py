"""What the rollups do hold, in the shape of `rollup_truth`, and where the two differ."""

from __future__ import annotations

from typing import Any

from django.db import models

from regions.models import (
    DailyCategory,
    DailyInput,
    DailyRollup,
    DailyScore,
    HourlyCause,
    HourlyFlow,
    HourlyOutput,
    HourlyRollup,
    Region,
)
from tests.rig.rollup_truth import Rollups, Row

TABLES: tuple[type[models.Model], ...] = (
    *(HourlyRollup, HourlyFlow, HourlyOutput, HourlyCause),
    *(DailyRollup, DailyScore, DailyInput, DailyCategory),
)
HOURLY_TABLES = TABLES[:4]
# Half a bin of 10^(1/25.6) either way: the error that the bins may add to a quantile.
BIN_ERROR = 10 ** (1 / 51.2) * 1.000_001
BOOKKEEPING = {"region", "fingerprint", "profile_fingerprint", "profile_at", "collected_at"}


def kept_rollups(region: Region) -> Rollups:
    """Return the rows of each rollup table by key, the region left out."""
    return {model.__name__: _table(model, region) for model in TABLES}


def differences(expected: Rollups, kept: Rollups) -> list[str]:
    """Return a line for each bucket that is missing, too many or wrong.

    An hour or day of which all rows were deleted stays, and says nought.
    """
    lines = []
    for table, rows in expected.items():
        for key in rows.keys() | kept[table].keys():
            want, have = rows.get(key), kept[table].get(key)
            if have is None:
                lines.append(f"{table} {key}: missing")
            elif want is None and not _is_empty(table, have):
                lines.append(f"{table} {key}: too many: {have}")
            elif wrong := [name for name in have if want and not _agrees(name, want, have)]:
                pairs = [(name, want.get(name), have[name]) for name in wrong]
                lines.append(f"{table} {key}: expected, kept: {pairs}")
    return sorted(lines)


def _table(model: type[models.Model], region: Region) -> dict[tuple[Any, ...], Row]:
    key = [name for name in model._meta.pk.field_names if name != "region_id"]
    names = [f.name for f in model._meta.concrete_fields if f.name not in BOOKKEEPING]
    rows = model._default_manager.filter(region=region).values(*names)
    return {
        tuple(row[name] for name in key): {n: v for n, v in row.items() if n not in key}
        for row in rows
    }


def _agrees(name: str, want: Row, have: Row) -> bool:
    """A count that the truth does not name is nought."""
    expected, kept = want.get(name), have[name]
    if name.endswith("_s") and expected is not None and kept is not None:
        return 1 / BIN_ERROR <= kept / expected <= BIN_ERROR
    return bool(kept == (0 if expected is None and name.startswith("n_") else expected))


def _is_empty(table: str, have: Row) -> bool:
    return table in ("HourlyRollup", "DailyRollup") and not any(
        value for name, value in have.items() if name.startswith("n_") or name.endswith("_s")
    )
