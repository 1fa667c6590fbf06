"""What a fault of each kind makes of the rollups of a calm region."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fleet.rehearsal.calm import A_DAY, DAY, HOUR, MODEL, NODE, QUICK, VERSION, bins, know, score
from fleet.rehearsal.day_faults import DAY_FAULTS
from regions.localday import local_day
from regions.models import (
    DailyRollup,
    DailyScore,
    FailureKind,
    HourlyOutput,
    HourlyRollup,
    Region,
)

# About half an hour; see QUICK.
LATE = 135 - 8
OLD_VERSION = "0.9"


def _outputs_identical(region: Region, now: datetime) -> None:
    HourlyOutput.objects.bulk_create(
        _answers(region, now, class_code, n_identical=20) for class_code in ("one", "another")
    )


def _errors_up(region: Region, now: datetime) -> None:
    half = A_DAY // 2
    today = DailyRollup.objects.filter(region=region, day=local_day(now, region.zone))
    today.update(n_done=half, n_failed=half, latency_histogram=bins(QUICK, half))


def _latency_up(region: Region, now: datetime) -> None:
    today = DailyRollup.objects.filter(region=region, day=local_day(now, region.zone))
    today.update(latency_histogram=bins(LATE, A_DAY))


def _region_silent(region: Region, now: datetime) -> None:
    HourlyRollup.objects.filter(region=region, hour__gt=now - DAY).delete()


def _backlog(region: Region, now: datetime) -> None:
    hours = HourlyRollup.objects.filter(region=region, hour__gt=now - 2 * DAY)
    hours.update(n_pending=A_DAY // 24, n_done=0)


def _version_unexpected(region: Region, now: datetime) -> None:
    """The version of before is back beside the newer one."""
    today = local_day(now, region.zone)
    DailyScore.objects.bulk_create(
        score(region, today - n * DAY, version=OLD_VERSION if n > 20 else VERSION)
        for n in range(1, 40)
    )
    HourlyOutput.objects.bulk_create(
        _answers(region, now, "one", version=version) for version in (VERSION, OLD_VERSION)
    )


def _answers(
    region: Region, now: datetime, class_code: str, n_identical: int = 1, version: str = VERSION
) -> HourlyOutput:
    start = now.replace(minute=0, second=0, microsecond=0)
    return HourlyOutput(
        region=region,
        hour=start - HOUR,
        model_code=MODEL,
        model_version=version,
        class_code=class_code,
        node=NODE,
        n_scored=20,
        n_positive=0,
        n_invalid=0,
        n_distinct=21 - n_identical,
        n_identical=n_identical,
        n_objects=0,
    )


def _data_stale(region: Region, now: datetime) -> None:
    know(region, now, last_success_at=now - region.stale_after - HOUR)


def _clock_skew(region: Region, now: datetime) -> None:
    know(region, now, clock_skew_s=300.0)


def _contract_broken(region: Region, now: datetime) -> None:
    know(
        region,
        now,
        last_success_at=now - HOUR,
        failure=FailureKind.CONTRACT,
        failing_since=now - HOUR / 6,
        sentence="A rehearsal: no view is missing.",
    )


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
    "backlog": _backlog,
    "version_unexpected": _version_unexpected,
    "data_stale": _data_stale,
    "clock_skew": _clock_skew,
    "contract_broken": _contract_broken,
    "link_lost": _link_lost,
    **DAY_FAULTS,
}
# Kinds that no region of its own can show, with the reason and the remedy.
NOT_REHEARSED = {
    "collector_blind": (
        "collector_blind is of the whole fleet and would stop the judgement of real regions:"
        " to see it, stop the worker of a demo for a quarter of an hour."
    )
}
