"""All rollups of a region's days, planted: the numbers follow from hour, day and node alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from regions.localday import day_hours
from regions.models import (
    Collection,
    DailyCategory,
    DailyInput,
    DailyRollup,
    DailyScore,
    FailureKind,
    HourlyCause,
    HourlyFlow,
    HourlyOutput,
    HourlyRollup,
    Region,
    RegionStatus,
)

NO_BINS = [0] * 128
NODES = ("gpu-1", "gpu-2")
CLASSES = ("malignancy", "density")
DEVICES = ("Acme Mammo 3", "Röntgen <b>Ω</b>")
ONE_DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ALL_VIEWS = "study,processing,prediction,input_rejection"
# Of days before these a page reads only how many studies came in each hour.
N_DAYS_IN_FULL = 3


def studies_of(start: datetime, region: Region) -> int:
    """Return the studies of an hour: ten at night, more by day."""
    return 10 + 3 * (start.astimezone(region.zone).hour % 12)


def fill_days(region: Region, last: date, known_as_of: datetime, n_days: int = 15) -> None:
    """Plant the rollups of some days up to `last`, as a collection at `known_as_of` leaves them."""
    for n in range(n_days):
        day = last - n * ONE_DAY
        hours = [hour for hour in day_hours(day, region.zone) if hour < known_as_of]
        version = "4.2" if n == 0 else "4.1"
        _fill_hours(region, day, hours)
        if n < N_DAYS_IN_FULL:
            _fill_parts(region, hours, version)
        _fill_day(region, day, hours, version, known_as_of)
    status, _created = RegionStatus.objects.get_or_create(region=region)
    status.provides, status.contract_minor, status.server_version = ALL_VIEWS, 0, 170_002
    status.clock_skew_s, status.last_sweep_at = 0.4, known_as_of - HOUR
    status.last_attempt_at = status.last_success_at = known_as_of
    status.save()


def collect_every(
    region: Region, begins: datetime, ends: datetime, every: timedelta, failing: range = range(0)
) -> None:
    """Plant collections; those with a number in `failing` did not reach the region."""
    path = region.paths.first()
    n = round((ends - begins) / every)
    Collection.objects.bulk_create(
        Collection(
            region=region,
            path=None if i in failing else path,
            started_at=begins + i * every,
            finished_at=begins + i * every + timedelta(seconds=0.4),
            n_hours_checked=6,
            n_hours_replaced=1,
            failure=FailureKind.LINK if i in failing else "",
            sentence="SSH: the bastion did not answer within 5 s." if i in failing else "",
        )
        for i in range(n)
    )


def outcomes(n: int) -> dict[str, int]:
    """Return counts of `n` studies: a tenth fails, a tenth is rejected."""
    failed = rejected = n // 10
    done = n - failed - rejected
    return {
        "n_received": n,
        "n_filtered": 1,
        "n_expected": n,
        "n_done": done,
        "n_failed": failed,
        "n_rejected": rejected,
        "n_pending": 0,
        "n_unknown": 0,
        "n_fallback": done // 5,
        "n_bad_latency": 0,
        "n_scored": done * 2,
        "n_positive": done // 4,
        "n_capped": 0,
    }


def _quantiles(n: int) -> dict[str, float]:
    return {
        "latency_p50_s": 20.0 + n,
        "latency_p95_s": 60.0 + n,
        "latency_p99_s": 90.0 + n,
        "wait_p50_s": 1.0,
        "wait_p95_s": 5.0 + n / 10,
    }


def _fill_hours(region: Region, day: date, hours: list[datetime]) -> None:
    sizes = {hour: studies_of(hour, region) for hour in hours}
    HourlyRollup.objects.bulk_create(
        HourlyRollup(
            region=region,
            hour=hour,
            day=day,
            collected_at=hour,
            fingerprint=1,
            **outcomes(n),
            **_quantiles(n),
        )
        for hour, n in sizes.items()
    )


def _fill_parts(region: Region, hours: list[datetime], version: str) -> None:
    sizes = {hour: studies_of(hour, region) for hour in hours}
    HourlyFlow.objects.bulk_create(_flow(region, hour, n, version) for hour, n in sizes.items())
    HourlyOutput.objects.bulk_create(
        _output(region, hour, outcomes(n)["n_done"], version, place)
        for hour, n in sizes.items()
        for place in range(4)
    )
    HourlyCause.objects.bulk_create(
        HourlyCause(region=region, hour=hour, kind=kind, reason=reason, detail=detail, n=n)
        for hour in hours
        for kind, reason, detail, n in (
            ("rejected", "not_mammography", "header", 1),
            ("rejected", "series", "source", 2),
            ("failed", "oom", "service", 1),
        )
    )


def _flow(region: Region, hour: datetime, n: int, version: str) -> HourlyFlow:
    counts = outcomes(n)
    names = ("n_expected", "n_done", "n_failed", "n_rejected", "n_pending", "n_unknown")
    return HourlyFlow(
        region=region,
        hour=hour,
        pipeline_code="mammo",
        pipeline_version=version,
        modality="MG",
        latency_histogram=NO_BINS,
        wait_histogram=NO_BINS,
        **{name: counts[name] for name in (*names, "n_fallback", "n_bad_latency")},
    )


def _output(region: Region, hour: datetime, done: int, version: str, place: int) -> HourlyOutput:
    return HourlyOutput(
        region=region,
        hour=hour,
        model_code="mammo-cls",
        model_version=version,
        class_code=CLASSES[place % 2],
        node=NODES[place // 2],
        n_scored=done // 2,
        n_positive=done // 8 + place // 2,
        n_invalid=0,
        n_distinct=done // 2 - 1,
        n_identical=2,
        n_objects=done,
    )


def _fill_day(
    region: Region, day: date, hours: list[datetime], version: str, known_as_of: datetime
) -> None:
    parts = [outcomes(studies_of(hour, region)) for hour in hours]
    total = {name: sum(part[name] for part in parts) for name in outcomes(1)}
    DailyRollup.objects.create(
        region=region,
        day=day,
        collected_at=known_as_of,
        fingerprint=1,
        profile_fingerprint=1,
        profile_at=known_as_of,
        latency_histogram=NO_BINS,
        wait_histogram=NO_BINS,
        **total,
        **_quantiles(20),
    )
    DailyScore.objects.bulk_create(
        DailyScore(
            region=region,
            day=day,
            model_code="mammo-cls",
            model_version=version,
            class_code=CLASSES[place % 2],
            node=NODES[place // 2],
            n_scored=60,
            n_positive=6 + place,
            n_invalid=0,
            n_objects=60,
            score_histogram=histogram({5: 40, 30 + place: 14, 55: 6}),
            size_histogram=[0] * 64,
        )
        for place in range(4)
    )
    _fill_inputs(region, day)


def _fill_inputs(region: Region, day: date) -> None:
    shift = day.toordinal() % 3
    DailyInput.objects.bulk_create(
        DailyInput(
            region=region,
            day=day,
            attribute=attribute,
            device_model=device,
            n=100,
            histogram=histogram({12 + shift: 30, 13 + shift: 50, 16: 20}),
        )
        for attribute in ("kvp", "exposure_index", "patient_age_years")
        for device in DEVICES
    )
    DailyCategory.objects.bulk_create(
        DailyCategory(
            region=region, day=day, attribute=attribute, device_model=device, category=value, n=n
        )
        for attribute, values in (
            ("modality", {"MG": 97, "DX": 3}),
            ("org_code", {"clinic-1": 60, "clinic-2": 40}),
            ("body_part", {"": 100}),
        )
        for value, n in values.items()
        for device in DEVICES
    )


def histogram(counts: dict[int, int]) -> list[int]:
    """Return the 64 bins with these counts, the others empty."""
    return [counts.get(number, 0) for number in range(64)]
