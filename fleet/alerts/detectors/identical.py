"""Nodes that give one and the same answer to different studies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db import connection

from fleet.alerts.detectors.watched import HOUR, Values, Watched, hours_at_work
from fleet.alerts.models import Alert, Finding
from regions.drift.outputs import IDENTICAL_STUDIES, identical
from regions.drift.verdicts import Verdict

DAY = timedelta(days=1)
PAST_DAYS = 56
# One study of each hour is taken off, since it equals itself: only so hours can be added up.
_RECENT = """
SELECT o.region_id, o.model_code, o.model_version, o.node, o.class_code,
  sum(greatest(o.n_identical - 1, 0)), sum(greatest(o.n_scored - 1, 0)),
  max(o.hour) FILTER (WHERE o.n_identical > 1 AND (o.n_identical - 1) * 10 > o.n_scored - 1)
FROM unnest(%(ids)s::bigint[], %(known)s::timestamptz[]) AS r (id, known)
JOIN regions_hourlyoutput o ON o.region_id = r.id
  AND o.hour > r.known - interval '24 hours' AND o.hour <= r.known
LEFT JOIN unnest(%(work_ids)s::bigint[], %(hours)s::timestamptz[]) AS w (id, hour)
  ON w.id = o.region_id AND w.hour = o.hour
WHERE w.id IS NULL
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""
# What the model repeats by nature, whatever its version and node.
_PAST = """
SELECT o.region_id, o.model_code, o.class_code,
  floor(extract(epoch FROM r.known - o.hour) / 86400)::int,
  sum(greatest(o.n_identical - 1, 0)), sum(greatest(o.n_scored - 1, 0))
FROM unnest(%(ids)s::bigint[], %(known)s::timestamptz[]) AS r (id, known)
JOIN regions_hourlyoutput o ON o.region_id = r.id
  AND o.hour > r.known - interval '57 days' AND o.hour <= r.known - interval '24 hours'
GROUP BY 1, 2, 3, 4"""
_RUNNING = """
SELECT DISTINCT o.region_id, o.model_code, o.model_version
FROM regions_regionstatus s JOIN regions_region r ON r.id = s.region_id AND r.is_active
JOIN regions_hourlyoutput o ON o.region_id = s.region_id
  AND o.hour > s.last_success_at - interval '24 hours' AND o.hour <= s.last_success_at"""


@dataclass(frozen=True, slots=True)
class _Series:
    region: int
    model: str
    version: str
    node: str
    class_code: str
    n_same: int
    n: int
    newest: datetime | None

    @property
    def place(self) -> tuple[int, str, str, str]:
        return self.region, self.model, self.version, self.node


Past = Mapping[tuple[int, str, str], Mapping[int, tuple[int, int]]]


def repeating(
    regions: Sequence[Watched], now: datetime
) -> tuple[list[Finding], dict[tuple[str, str], int]]:
    """Return the nodes whose answers of the last 24 hours repeat, and how many regions run each
    (model, version).

    A node repeats when all its classes do: a class that is always 0 alone is a model's nature. The
    window is the newest hour in which it repeats, so a repaired node is not found again. Score and
    limit are shares.
    """
    rows = _recent(regions, now)
    known = {one.id: one for one in regions}
    suspects = _all_classes(rows, _judged(rows, {}))
    if suspects:
        rows = [row for row in rows if row.place in suspects]
        past = _past([known[region] for region in {row.region for row in rows}])
        suspects = _all_classes(rows, _judged(rows, past))
    if not suspects:
        return [], {}
    # Of all regions: most were judged a minute ago, and bring nothing new this time.
    running, ill = _running(), _ill(suspects)
    found = [
        _finding(known[row.region], row, verdict, running, ill)
        for row, verdict in suspects.values()
    ]
    return found, {key: len(ids) for key, ids in running.items()}


def _running() -> dict[tuple[str, str], set[int]]:
    """Return the active regions that run each (model, version) by their newest day."""
    running: dict[tuple[str, str], set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING)
        for region, model, version in cursor.fetchall():
            running[model, version].add(region)
    return running


def _ill(suspects: Iterable[tuple[int, str, str, str]]) -> dict[tuple[str, str], set[int]]:
    """Return the regions in which nodes repeat now, or did when they were last judged."""
    ill: dict[tuple[str, str], set[int]] = defaultdict(set)
    standing = Alert.objects.filter(
        kind="outputs_identical", resolved_at=None, region__isnull=False
    )
    for region, model, version in standing.values_list("region_id", "service", "version"):
        if region:
            ill[model, version].add(region)
    for region, model, version, _node in suspects:
        ill[model[:100], version[:100]].add(region)
    return ill


def _recent(regions: Sequence[Watched], now: datetime) -> list[_Series]:
    worked = hours_at_work(regions, now - 2 * DAY, now)
    values: Values = {
        "ids": [one.id for one in regions],
        "known": [one.known_as_of for one in regions],
        "work_ids": [region for region, _hour in worked],
        "hours": [hour for _region, hour in worked],
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, values)
        return [_Series(*row) for row in cursor.fetchall()]


def _past(regions: Sequence[Watched]) -> Past:
    past: dict[tuple[int, str, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    values: Values = {
        "ids": [one.id for one in regions],
        "known": [one.known_as_of for one in regions],
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAST, values)
        for region, model, class_code, age, n_same, n in cursor.fetchall():
            past[region, model, class_code][int(age)] = (int(n_same), int(n))
    return past


def _judged(rows: Sequence[_Series], past: Past) -> dict[_Series, Verdict]:
    """Return what the kernel says of each series."""
    before = np.zeros((2, PAST_DAYS + 1, len(rows)), dtype=np.int64)
    for at, row in enumerate(rows):
        for age, counts in past.get((row.region, row.model, row.class_code), {}).items():
            before[:, min(age, PAST_DAYS), at] = counts
    n_same = np.array([row.n_same for row in rows], dtype=np.int64)
    n = np.array([row.n for row in rows], dtype=np.int64)
    if not past:
        before = before[:, :0]
    return {rows[one.subject]: one for one in identical(n_same, n, before[0], before[1])}


def _all_classes(
    rows: Sequence[_Series], verdicts: Mapping[_Series, Verdict]
) -> dict[tuple[int, str, str, str], tuple[_Series, Verdict]]:
    """Return, by place, the class that repeats least, where every class that says enough does."""
    by_place: dict[tuple[int, str, str, str], list[_Series]] = defaultdict(list)
    for row in rows:
        if row.n >= IDENTICAL_STUDIES:
            by_place[row.place].append(row)
    found = {}
    for place, classes in by_place.items():
        if all(row in verdicts and row.newest for row in classes):
            least = min(classes, key=lambda row: verdicts[row].score)
            found[place] = (least, verdicts[least])
    return found


def _finding(
    one: Watched,
    row: _Series,
    verdict: Verdict,
    running: Mapping[tuple[str, str], set[int]],
    ill: Mapping[tuple[str, str], set[int]],
) -> Finding:
    newest = row.newest
    assert newest is not None  # noqa: S101 (places without an hour are left out)
    fine = running[row.model, row.version] - ill[row.model[:100], row.version[:100]]
    return one.finding(
        "outputs_identical",
        newest,
        span=HOUR,
        service=row.model[:100],
        version=row.version[:100],
        attribute=row.node[:100],
        score=verdict.value,
        limit=verdict.high,
        usual_low=verdict.low,
        usual_high=verdict.high,
        n_others=len(fine),
    )
