"""The rollups of a region in which nothing is unusual."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from regions.localday import local_day
from regions.models import (
    DailyCategory,
    DailyRollup,
    DailyScore,
    HourlyRollup,
    Region,
    RegionStatus,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
N_DAYS = 63
A_DAY = 240
N_BINS = 128
# Bin b of latencies begins at 0.01 · 10^(b / 25.6) seconds: about 20 s.
QUICK = 85
NODE, MODEL, VERSION, CLASS = "node-1", "rehearsed-model", "1.0", "rehearsed-class"
# One in ten is ill; scores and values lie around the middle of 62 bins.
N_POSITIVE, MIDDLE = A_DAY // 10, 31


def plant_calm(region: Region, now: datetime) -> None:
    """Write nine weeks in which nothing is unusual, all known as of now."""
    today = local_day(now, region.zone)
    DailyRollup.objects.bulk_create(
        DailyRollup(
            region=region,
            day=today - n * DAY,
            latency_histogram=bins(QUICK, A_DAY),
            wait_histogram=[0] * N_BINS,
            fingerprint=1,
            profile_fingerprint=1,
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
        category(region, now, n, "Known 1.0", A_DAY) for n in range(1, N_DAYS)
    )
    know(region, now)


def know(region: Region, now: datetime, **values: object) -> None:
    """Let the region have been collected just now, and not be collected soon."""
    calm: dict[str, object] = {
        "failure": "",
        "failing_since": None,
        "n_failures": 0,
        "sentence": "",
    }
    calm["clock_skew_s"] = 0.0
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


def bins(place: int, n: int) -> list[int]:
    """Return the counts of latencies of which all lie in one bin."""
    return [n if at == place else 0 for at in range(N_BINS)]


def category(region: Region, now: datetime, age: int, value: str, n: int) -> DailyCategory:
    return DailyCategory(
        region=region,
        day=local_day(now, region.zone) - age * DAY,
        attribute="device_software",
        device_model="Rehearsed scanner",
        category=value,
        n=n,
    )


def score(
    region: Region, day: date, n_positive: int = N_POSITIVE, *, middle: int = MIDDLE, **what: str
) -> DailyScore:
    """Return an unsaved day of scores of one class, whose middle lies in that bin."""
    return DailyScore(
        region=region,
        day=day,
        model_code=MODEL,
        model_version=what.get("version", VERSION),
        class_code=CLASS,
        node=NODE,
        n_scored=A_DAY,
        n_positive=n_positive,
        n_invalid=0,
        n_objects=0,
        score_histogram=hill(middle),
        size_histogram=[0] * 64,
    )


def hill(middle: int) -> list[int]:
    """Return A_DAY values in 64 bins, the most of them in the middle one."""
    counts = [0] * 64
    for offset, n in zip(range(-3, 4), (12, 30, 48, 60, 48, 30, 12), strict=True):
        counts[middle + offset] = n
    return counts
