"""The rollups of a calm region, and what a fault of each kind makes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from regions.localday import local_day
from regions.models import (
    DailyCategory,
    DailyRollup,
    FailureKind,
    HourlyOutput,
    HourlyRollup,
    Region,
    RegionStatus,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
N_DAYS = 63
A_DAY = 240
N_BINS = 128
# Bin b of latencies begins at 0.01 · 10^(b / 25.6) seconds: about 20 s, and about half an hour.
QUICK, LATE = 85, 135 - 8
NODE, MODEL, VERSION = "node-1", "rehearsed-model", "1.0"


def plant_calm(region: Region, now: datetime) -> None:
    """Write nine weeks in which nothing is unusual, all known as of now."""
    today = local_day(now, region.zone)
    DailyRollup.objects.bulk_create(
        DailyRollup(
            region=region,
            day=today - n * DAY,
            latency_histogram=_bins(QUICK, A_DAY),
            wait_histogram=[0] * N_BINS,
            fingerprint=1,
            **_outcomes(A_DAY, now),
        )
        for n in range(N_DAYS)
    )
    start = now.replace(minute=0, second=0, microsecond=0)
    HourlyRollup.objects.bulk_create(
        HourlyRollup(
            region=region,
            hour=start - n * HOUR,
            day=local_day(start - n * HOUR, region.zone),
            fingerprint=1,
            **_outcomes(A_DAY // 24, now),
        )
        for n in range(N_DAYS * 24)
    )
    DailyCategory.objects.bulk_create(
        _category(region, now, n, "Known 1.0", A_DAY) for n in range(1, N_DAYS)
    )
    know(region, now)


def know(region: Region, now: datetime, **values: object) -> None:
    """Let the region have been collected just now, and not be collected soon."""
    calm = {"failure": "", "failing_since": None, "n_failures": 0, "sentence": ""}
    RegionStatus.objects.update_or_create(
        region=region,
        defaults={
            "last_attempt_at": now,
            "last_success_at": now,
            "next_due_at": now + DAY,
            **calm,
            **values,
        },
    )


def _outputs_identical(region: Region, now: datetime) -> None:
    start = now.replace(minute=0, second=0, microsecond=0)
    HourlyOutput.objects.bulk_create(
        HourlyOutput(
            region=region,
            hour=start - HOUR,
            model_code=MODEL,
            model_version=VERSION,
            class_code=class_code,
            node=NODE,
            n_scored=20,
            n_positive=0,
            n_invalid=0,
            n_distinct=1,
            n_identical=20,
            n_objects=0,
        )
        for class_code in ("one", "another")
    )


def _errors_up(region: Region, now: datetime) -> None:
    half = A_DAY // 2
    today = DailyRollup.objects.filter(region=region, day=local_day(now, region.zone))
    today.update(n_done=half, n_failed=half, latency_histogram=_bins(QUICK, half))


def _latency_up(region: Region, now: datetime) -> None:
    today = DailyRollup.objects.filter(region=region, day=local_day(now, region.zone))
    today.update(latency_histogram=_bins(LATE, A_DAY))


def _region_silent(region: Region, now: datetime) -> None:
    HourlyRollup.objects.filter(region=region, hour__gt=now - DAY).delete()


def _new_category(region: Region, now: datetime) -> None:
    DailyCategory.objects.bulk_create([_category(region, now, 1, "New 2.0", A_DAY // 4)])


def _link_lost(region: Region, now: datetime) -> None:
    know(
        region,
        now,
        last_success_at=now - HOUR,
        failure=FailureKind.LINK,
        failing_since=now - HOUR / 6,
        n_failures=2,
        sentence="A rehearsal: no link was lost.",
    )


FAULTS: dict[str, Callable[[Region, datetime], None]] = {
    "outputs_identical": _outputs_identical,
    "errors_up": _errors_up,
    "region_silent": _region_silent,
    "latency_up": _latency_up,
    "new_category": _new_category,
    "link_lost": _link_lost,
}


def _outcomes(n: int, now: datetime) -> dict[str, object]:
    nought = (
        *("n_filtered", "n_failed", "n_rejected", "n_pending", "n_unknown", "n_fallback"),
        *("n_bad_latency", "n_scored", "n_positive", "n_capped"),
    )
    all_done = {"n_received": n, "n_expected": n, "n_done": n}
    return {
        **dict.fromkeys(nought, 0),
        **all_done,
        "latency_p95_s": 25.0,
        "collected_at": now,
    }


def _bins(place: int, n: int) -> list[int]:
    return [n if at == place else 0 for at in range(N_BINS)]


def _category(region: Region, now: datetime, age: int, value: str, n: int) -> DailyCategory:
    return DailyCategory(
        region=region,
        day=local_day(now, region.zone) - age * DAY,
        attribute="device_software",
        device_model="Rehearsed scanner",
        category=value,
        n=n,
    )
