"""An answer in the list of studies, and its place in an order. Texts are as the region wrote them.

An answer is a study and a pipeline, judged by the last attempt, or a study that nobody has begun.
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

LARGEST_ID = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LONGEST = timedelta(days=400)


class Order(StrEnum):
    LATEST = "latest"
    FAILED = "failed"
    SLOWEST = "slowest"
    SCORE = "score"


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    REJECTED = "rejected"
    PENDING = "pending"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, status: str | None) -> Self:
        """Return the outcome as the contract judges an attempt's status."""
        if status in {"queued", "running"}:
            return cls("pending")
        if status in {"failed", "timeout", "cancelled"}:
            return cls("failed")
        return cls(status) if status in {"done", "rejected"} else cls("unknown")


@dataclass(frozen=True, slots=True)
class Key:
    """The place of an answer in its order, after which the next page begins."""

    value: datetime | timedelta | float
    study_id: int
    attempt_id: int

    @classmethod
    def parse(cls, text: str, order: Order) -> Self:
        """Return the key that `str` wrote. Raises ValueError for anything else."""
        found = re.fullmatch(r"(-?[0-9.e+-]{1,25})_(-?\d{1,19})_(-?\d{1,19})", text, re.ASCII)
        if found is None:
            raise ValueError(text)
        study_id, attempt_id = int(found[2]), int(found[3])
        if max(abs(study_id), abs(attempt_id)) > LARGEST_ID:
            raise ValueError(text)
        try:
            return cls(_value(found[1], order), study_id, attempt_id)
        except OverflowError:
            raise ValueError(text) from None

    def __str__(self) -> str:
        value = self.value
        if isinstance(value, datetime):
            value -= EPOCH
        if isinstance(value, timedelta):
            value = value // MICROSECOND
        return f"{value!r}_{self.study_id}_{self.attempt_id}"


def _value(text: str, order: Order) -> datetime | timedelta | float:
    if order is Order.SCORE:
        return float(text)
    length = timedelta(microseconds=int(text))
    return length if order is Order.SLOWEST else EPOCH + length


@dataclass(frozen=True, slots=True)
class TopScore:
    """The highest score of an answer, among those asked for."""

    model_code: str
    class_code: str
    laterality: str
    score: float
    is_positive: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """`pipeline` is empty where there was no attempt.

    `latency_s` is None for all but done answers, and where the region's moments make no sense.
    """

    key: Key
    received_at: datetime
    study_ref: str
    modality: str
    device: str
    pipeline: str
    version: str
    node: str
    outcome: Outcome
    status: str
    error_class: str
    error_side: str
    fallback_kind: str
    n_attempt: int | None
    latency_s: float | None
    wait_s: float | None
    top: TopScore | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the answer of a row of studies.sql."""
        status, error_class, error_side, version, node, fallback, model, kind, side = _only(
            row["words"], 9
        )
        queued_at, started_at, ended_at, delivered_at = _only(row["times"], 4)
        n_attempt, score, is_positive = _only(row["numbers"], 3)
        outcome = Outcome.of(status) if row["attempt_id"] else Outcome.PENDING
        is_done = outcome is Outcome.DONE
        top = TopScore(model or "", kind or "", side or "", score, is_positive == 1)
        return cls(
            key=Key(row["value"], row["study_id"], row["attempt_id"]),
            received_at=row["received_at"],
            study_ref=row["study_ref"] or "",
            modality=row["modality"] or "",
            device=" ".join(filter(None, (row["manufacturer"], row["model_name"]))),
            pipeline=row["pipeline_code"] or "",
            version=version or "",
            node=node or "",
            outcome=outcome,
            status=status or "",
            error_class=error_class or "",
            error_side=error_side or "",
            fallback_kind=(fallback or "") if is_done and fallback != "none" else "",
            n_attempt=round(n_attempt) if n_attempt is not None else None,
            latency_s=_length(row["received_at"], delivered_at or ended_at) if is_done else None,
            wait_s=_length(queued_at, started_at),
            top=top if is_done and score is not None else None,
        )


def _only(rows: Sequence[Sequence[Any]], n: int) -> Sequence[Any]:
    """Return the one row of a two-dimensional array; nothing but NULLs where there is none."""
    return rows[0] if rows else [None] * n


def _length(begin: datetime | None, end: datetime | None) -> float | None:
    if begin is None or end is None or not timedelta() <= end - begin <= LONGEST:
        return None
    return (end - begin).total_seconds()
