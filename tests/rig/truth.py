"""What a region's native rows say, counted here in Python without the contract's views."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from fleet.demo.sham import ShamRegion, Shape

LONGEST = timedelta(days=400)


@dataclass(frozen=True)
class Counts:
    """The truth of a span of a region's time; percentiles as percentile_disc, in seconds."""

    n_received: int
    n_filtered: int
    n_expected: int
    n_done: int
    n_failed: int
    n_rejected: int
    n_pending: int
    n_fallback: int
    n_bad_latency: int
    n_scored: int
    n_positive: int
    latency_p50_s: float | None
    latency_p95_s: float | None
    latency_p99_s: float | None
    wait_p50_s: float | None
    wait_p95_s: float | None


@dataclass(frozen=True)
class Answer:
    """A study and service, judged by its last attempt."""

    outcome: str
    latency_s: float | None
    wait_s: float | None
    is_fallback: bool
    n_scored: int
    n_positive: int


def truth(connection: Connection[Any], sham: ShamRegion, start: datetime, end: datetime) -> Counts:
    """Count what was received in [start, end), whatever became of it later."""
    read = {Shape.JOURNAL: _read_journal, Shape.TABLES: _read_tables}[sham.shape]
    n_received, n_filtered, answers = read(connection, sham.clock, start, end)
    done = [answer for answer in answers if answer.outcome == "done"]
    latencies = sorted(answer.latency_s for answer in done if answer.latency_s is not None)
    waits = sorted(answer.wait_s for answer in answers if answer.wait_s is not None)
    return Counts(
        n_received=n_received,
        n_filtered=n_filtered,
        n_expected=len(answers),
        n_done=len(done),
        n_failed=sum(answer.outcome == "failed" for answer in answers),
        n_rejected=sum(answer.outcome == "rejected" for answer in answers),
        n_pending=sum(answer.outcome == "pending" for answer in answers),
        n_fallback=sum(answer.is_fallback for answer in done),
        n_bad_latency=len(done) - len(latencies),
        n_scored=sum(answer.n_scored for answer in done),
        n_positive=sum(answer.n_positive for answer in done),
        latency_p50_s=percentile_disc(latencies, 0.5),
        latency_p95_s=percentile_disc(latencies, 0.95),
        latency_p99_s=percentile_disc(latencies, 0.99),
        wait_p50_s=percentile_disc(waits, 0.5),
        wait_p95_s=percentile_disc(waits, 0.95),
    )


def percentile_disc(ordered: Sequence[float], share: float) -> float | None:
    """Return the first of the ordered values whose rank is at least `share`, as SQL defines it."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


Read = tuple[int, int, list[Answer]]


def _read_journal(
    connection: Connection[Any], zone: ZoneInfo, start: datetime, end: datetime
) -> Read:
    outcomes = {
        "принято": "pending", "в очереди": "pending", "в работе": "pending", "готово": "done",
        "ошибка": "failed", "таймаут": "failed", "отменено": "failed", "отказ": "rejected",
    }  # fmt: skip
    answers = []
    studies = connection.execute(
        "SELECT data_polucheniya, status, v_ocheredi, nachalo, coalesce(otpravleno, konec), rezhim,"
        " rezultat FROM zhurnal"
    )
    for received, status, queued, started, delivered, mode, scores in studies:
        if not start <= _instant(received, zone) < end:
            continue
        moments = [_instant(moment, zone) for moment in (received, queued, started, delivered)]
        scores = scores or []
        answers.append(
            Answer(
                outcomes[status],
                *_times(*moments),
                is_fallback=mode in {"на процессоре", "уменьшено"},
                n_scored=len(scores),
                n_positive=sum(one["ver"] >= one["porog"] for one in scores),
            )
        )
    garbage = connection.execute("SELECT data FROM musor")
    n_filtered = sum(start <= _instant(moment, zone) < end for (moment,) in garbage)
    return len(answers), n_filtered, answers


def _instant(wall: datetime | None, zone: ZoneInfo) -> datetime | None:
    # An hour that the wall shows twice is taken for the second one, as the overlay does.
    return None if wall is None else wall.replace(tzinfo=zone, fold=1).astimezone(UTC)


def _read_tables(
    connection: Connection[Any], _zone: ZoneInfo, start: datetime, end: datetime
) -> Read:
    studies = connection.execute(
        "SELECT study_id, came_at FROM studies WHERE came_at >= %s AND came_at < %s", [start, end]
    ).fetchall()
    last: dict[tuple[int, str], tuple[Any, ...]] = {}
    for study_id, received in studies:
        last[study_id, ""] = (study_id, received, 0, None, None, None, 0, None)
    for row in _tasks(connection, start, end):
        last.pop((row[0], ""), None)
        last[row[0], row[8]] = row
    findings: dict[int, list[bool]] = {}
    for task_id, is_positive in connection.execute(
        "SELECT task_id, prob >= threshold FROM findings"
    ):
        findings.setdefault(task_id, []).append(is_positive)
    states = ("pending", "pending", "done", "failed", "rejected", "failed", "failed")
    answers = [
        Answer(
            states[row[2]],
            *_times(row[1], row[3], row[4], row[5]),
            is_fallback=row[6] > 0,
            n_scored=len(findings.get(row[7], [])),
            n_positive=sum(findings.get(row[7], [])),
        )
        for row in last.values()
    ]
    ((n_filtered,),) = connection.execute(
        "SELECT count(*) FROM rejected WHERE at >= %s AND at < %s", [start, end]
    ).fetchall()
    return len(studies), n_filtered, answers


def _tasks(
    connection: Connection[Any], start: datetime, end: datetime
) -> Iterator[tuple[Any, ...]]:
    """Yield attempts in order: study, received, state, queued, started, delivered, fallback, …"""
    yield from connection.execute(
        "SELECT study_id, came_at, state, queued_at, started_at, coalesce(sent_at, ended_at),"
        " fallback, task_id, service FROM tasks JOIN studies USING (study_id)"
        " WHERE came_at >= %s AND came_at < %s ORDER BY study_id, service, attempt",
        [start, end],
    )


def _times(
    received: datetime | None,
    queued: datetime | None,
    started: datetime | None,
    delivered: datetime | None,
) -> tuple[float | None, float | None]:
    """Return latency and wait in seconds, None where missing, negative or beyond 400 days."""
    return _seconds(received, delivered), _seconds(queued, started)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None or not timedelta() <= end - start <= LONGEST:
        return None
    return (end - start).total_seconds()
