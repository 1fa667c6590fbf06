"""Versions of a model that hardly anybody meant: unlike the other regions', or an old one again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from fleet.alerts.detectors.watched import Values, Watched, hours_at_work
from fleet.alerts.models import Finding
from regions.models import DailyScore

DAY = timedelta(days=1)
PAST_DAYS = 56
# What has run for a week is no news any more, whoever meant it.
NEWS_DAYS = 7
FEWEST_PEERS = 3
# A trial of a few studies is not yet a version that runs.
LEAST_SHARE, LEAST_SCORED = 0.05, 5
_RECENT = """
SELECT o.region_id, o.model_code, o.model_version, sum(o.n_scored)::bigint
FROM unnest(%(ids)s::bigint[], %(known)s::timestamptz[]) AS r (id, known)
JOIN regions_hourlyoutput o ON o.region_id = r.id
  AND o.hour > r.known - interval '24 hours' AND o.hour <= r.known
LEFT JOIN unnest(%(work_ids)s::bigint[], %(hours)s::timestamptz[]) AS w (id, hour)
  ON w.id = o.region_id AND w.hour = o.hour
WHERE w.id IS NULL
GROUP BY 1, 2, 3"""

# By (region's id, model): the scores of each version.
Running = Mapping[tuple[int, str], Counter[str]]


@dataclass(frozen=True, slots=True)
class _Usual:
    """The version that more than half of the other regions with a model run; "" where none is."""

    version: str
    n_regions: int


def unexpected(
    judged: Sequence[Watched], regions: Sequence[Watched], now: datetime
) -> tuple[list[Finding], dict[tuple[str, str], int]]:
    """Return the versions that appeared in the judged regions within a week and are unexpected, and
    how many regions run each (model, version).

    A new version is, while more than half of the other regions, three at least, run another one; a
    version that ran here before is, unless they run it too. Score and limit are shares of the
    model's answers of 24 hours; one finding a local day.
    """
    running = _running(regions, now)
    by_id = {one.id: one for one in judged}
    suspects = {
        (region, model, version): usual
        for (region, model), versions in running.items()
        for version, n in versions.items()
        if region in by_id and n >= max(LEAST_SCORED, LEAST_SHARE * versions.total())
        if (usual := _usual(running, region, model)).version != version
        if usual.version or len(versions) > 1
    }
    past = _days(suspects, by_id)
    found = []
    for (region, model, version), usual in sorted(suspects.items()):
        before = _appeared(past[region, model], version, by_id[region].day)
        if before is None or not (before or usual.version):
            continue
        one, versions = by_id[region], running[region, model]
        if begins_at := one.judged_from(one.day):
            found.append(
                one.finding(
                    "version_unexpected",
                    begins_at,
                    service=model[:100],
                    version=version[:100],
                    score=versions[version] / versions.total(),
                    limit=LEAST_SHARE,
                    n_others=usual.n_regions,
                    usual_version=usual.version[:100],
                    ran_until=before or None,
                )
            )
    n_on_version = Counter(
        (model[:100], version[:100])
        for (_region, model), versions in running.items()
        for version in versions
    )
    return found, n_on_version


def _running(regions: Sequence[Watched], now: datetime) -> Running:
    known = [one for one in regions if one.known_as_of]
    worked = hours_at_work(known, now - 2 * DAY, now)
    values: Values = {
        "ids": [one.id for one in known],
        "known": [one.known_as_of for one in known],
        "work_ids": [region for region, _hour in worked],
        "hours": [hour for _region, hour in worked],
    }
    running: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, values)
        for region, model, version, n_scored in cursor.fetchall():
            running[region, model][version] = n_scored
    return running


def _usual(running: Running, region: int, model: str) -> _Usual:
    """Return what the others run: of each the version that gives most of its answers."""
    others = [
        versions.most_common(1)[0][0]
        for (other, of_model), versions in running.items()
        if other != region and of_model == model
    ]
    if len(others) < FEWEST_PEERS:
        return _Usual("", 0)
    version, n = Counter(others).most_common(1)[0]
    return _Usual(version, n) if n * 2 > len(others) else _Usual("", 0)


def _days(
    suspects: Collection[tuple[int, str, str]], by_id: Mapping[int, Watched]
) -> Mapping[tuple[int, str], Mapping[date, set[str]]]:
    """Return, by region and model, the versions that answered on each day, in one query."""
    days: dict[tuple[int, str], dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    if not suspects:
        return days
    ids = {region for region, _model, _version in suspects}
    models = {model for _region, model, _version in suspects}
    first = min(by_id[region].day for region in ids) - PAST_DAYS * DAY
    rows = DailyScore.objects.filter(
        region__in=ids, model_code__in=models, day__gte=first, n_scored__gt=0
    )
    for region, model, version, day in (
        rows.order_by().values_list("region_id", "model_code", "model_version", "day").distinct()
    ):
        days[region, model][day].add(version)
    return days


def _appeared(past: Mapping[date, set[str]], version: str, today: date) -> date | str | None:
    """Return the last day on which the version ran before it came back, "" if it is new here.

    None if it has run for longer than a week, or since the model's first day.
    """
    earlier = sorted(day for day in past if day < today)
    while earlier and version in past[earlier[-1]]:
        if today - earlier.pop() > NEWS_DAYS * DAY:
            return None
    if not earlier:
        return None
    return max((day for day in earlier if version in past[day]), default="")
