"""The numbers of a row: each column's name, definition and cell, in the active language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.review.cell_words import CellWords
from fleet.review.day import RegionDay
from fleet.review.figures import NOTHING, Figures, cut, kept_by_language
from fleet.review.history import N_DAYS, History
from fleet.review.numbers import Numbers
from fleet.review.outputs import ModelPositives, ModelVersion
from fleet.review.sparklines import Band, band_of, bars, line, top_of

MOST_VERSIONS = 2


@dataclass(frozen=True, slots=True)
class Column:
    """`definition` says in a sentence what is counted."""

    key: str
    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of a row: `notes` stand below it, `spark` is ready HTML, `rows` says of how many
    rows the number is made."""

    column: Column
    value: str
    notes: tuple[str, ...] = ()
    spark: str = ""
    rows: str = ""


@kept_by_language
def columns() -> tuple[Column, ...]:
    """Return the columns in their order."""
    return (
        Column("studies", _("Studies"), _("Studies received.")),
        Column(
            "failed",
            _("Failed"),
            _(
                "Failed, timed-out and cancelled answers, of all answers but the pending. An "
                "answer is a study and a pipeline, judged by its last attempt."
            ),
        ),
        Column("rejected", _("Rejected"), _("Refused objects and answers, of all that was sent.")),
        Column("fallback", _("Fallback"), _("Answers made by a fallback, of those done.")),
        Column(
            "latency",
            _("Latency p95"),
            _(
                "95 of 100 done answers were delivered within this time after the study was "
                "received; known to ±4.6 %. Regions' percentiles cannot be added, so the totals "
                "have none."
            ),
        ),
        Column(
            "wait",
            _("Wait p95"),
            _("95 of 100 attempts began within this time after they were queued."),
        ),
        Column("positive", _("Positive"), _("Positive predictions, of all scored.")),
        Column("models", _("Models"), _("Model versions that scored on the day.")),
    )


@dataclass(frozen=True, slots=True)
class Scales:
    """The tops of the sparklines, shared by all rows of a page."""

    studies: float
    failed: float
    positive: float

    @classmethod
    def of(cls, histories: Sequence[History]) -> Self:
        return cls(
            top_of(one.n_received for one in histories),
            top_of(one.failed_share for one in histories),
            top_of(one.positive_share for one in histories),
        )


@dataclass(frozen=True, slots=True)
class Cells:
    """Makes the cells of a page's rows."""

    columns: tuple[Column, ...]
    figures: Figures
    scales: Scales
    words: CellWords

    def of(self, row: RegionDay) -> tuple[Cell, ...]:
        """Return the row's cells: a dash where nobody knows, brackets where the number is stale."""
        makers = (
            self._studies,
            self._failed,
            self._rejected,
            self._fallback,
            self._latency,
            self._wait,
            self._positive,
            self._models,
        )
        return tuple(make(column, row) for column, make in zip(self.columns, makers, strict=True))

    def totals(self, numbers: Numbers | None) -> list[tuple[str, str]]:
        """Return names and sums; percentiles of regions cannot be added, so there are none."""
        if numbers is None:
            return [(column.name, NOTHING) for column in self.columns[:4]]
        values = (
            self.figures.count(numbers.n_received),
            self.figures.percent(numbers.failed_share),
            self.figures.percent(numbers.rejected_share),
            self.figures.percent(numbers.fallback_share),
        )
        names = [column.name for column in self.columns]
        positive = self.figures.percent(numbers.positive_share)
        return [*zip(names[:4], values, strict=True), (names[6], positive)]

    def _studies(self, column: Column, row: RegionDay) -> Cell:
        count, usual = self.figures.count, row.usual
        value = self._value(row, lambda n: count(n.n_received))
        if usual is None:
            return Cell(column, value, (), self._bars(row, column))
        if usual.low is not None and usual.high is not None:
            note = self.words.usual_range % {
                "low": count(round(usual.low)),
                "high": count(round(usual.high)),
            }
        else:
            note = ngettext(
                "about %(count)s on %(n)s such day",
                "about %(count)s on %(n)s such days",
                usual.n_days,
            ) % {"count": count(round(usual.n_received)), "n": usual.n_days}
        return Cell(column, value, (note,), self._bars(row, column))

    def _failed(self, column: Column, row: RegionDay) -> Cell:
        spark = self._line(row, column, lambda h: h.failed_share, self.scales.failed)
        value = self._value(row, lambda n: self.figures.percent(n.failed_share))
        return Cell(column, value, (), spark, self._of(row, lambda n: (n.n_failed, n.n_settled)))

    def _rejected(self, column: Column, row: RegionDay) -> Cell:
        value = self._value(row, lambda n: self.figures.percent(n.rejected_share))
        top = row.top_rejection
        notes = (f"{cut(top[0]) or NOTHING}: {self.figures.count(top[1])}",) if top else ()
        rows = self._of(row, lambda n: (n.n_rejected + n.n_filtered, n.n_sent))
        return Cell(column, value, notes, "", rows)

    def _fallback(self, column: Column, row: RegionDay) -> Cell:
        value = self._value(row, lambda n: self.figures.percent(n.fallback_share))
        return Cell(column, value, (), "", self._of(row, lambda n: (n.n_fallback, n.n_done)))

    def _latency(self, column: Column, row: RegionDay) -> Cell:
        value = self._value(row, lambda n: self.figures.latency(n.latency_p95_s))
        usual = row.usual.latency_p95_s if row.usual and row.usual.has_band else None
        notes = (self._usually(self.figures.latency(usual)),) if usual is not None else ()
        return Cell(column, value, notes)

    def _wait(self, column: Column, row: RegionDay) -> Cell:
        return Cell(column, self._value(row, lambda n: self.figures.latency(n.wait_p95_s)))

    def _positive(self, column: Column, row: RegionDay) -> Cell:
        value = self._value(row, lambda n: self.figures.percent(n.positive_share))
        oddest = max(row.positives, key=_oddity, default=None)
        notes = (self._oddest_words(row, oddest),) if oddest and oddest.n_scored else ()
        spark = self._line(row, column, lambda h: h.positive_share, self.scales.positive)
        return Cell(
            column, value, notes, spark, self._of(row, lambda n: (n.n_positive, n.n_scored))
        )

    def _oddest_words(self, row: RegionDay, oddest: ModelPositives) -> str:
        """Return the note below the share, which is the only model's own."""
        if len(row.positives) > 1 or oddest.usual_share is None:
            return self.model_words(oddest)
        return self._usually(self.figures.percent(oddest.usual_share))

    def _models(self, column: Column, row: RegionDay) -> Cell:
        versions = sorted(row.versions, key=lambda one: not one.is_new)
        notes = [self.version_words(one) for one in versions[:MOST_VERSIONS]]
        if n_more := len(versions) - MOST_VERSIONS:
            more = ngettext("and %(n)s more", "and %(n)s more", n_more) % {"n": n_more}
            notes += [more] if n_more > 0 else []
        return Cell(column, "" if notes else NOTHING, tuple(notes))

    def model_words(self, model: ModelPositives) -> str:
        """Return “mammo-cls: 10.2%, usually 9.8%”."""
        share = self.figures.percent(model.share)
        name = cut(model.model_code) or NOTHING
        if model.usual_share is None:
            return f"{name}: {share}"
        return f"{name}: {share}, {self._usually(self.figures.percent(model.usual_share))}"

    def version_words(self, one: ModelVersion) -> str:
        """Return “mammo-cls 7, new since 9 Mar”."""
        name = f"{cut(one.model_code)} {cut(one.version)}".strip() or NOTHING
        if not one.is_new:
            return name
        return self.words.new_since % {
            "version": name,
            "day": self.words.short_day(one.first_day),
        }

    def _usually(self, value: str) -> str:
        return self.words.usually % {"value": value}

    def _value(self, row: RegionDay, text_of: Callable[[Numbers], str]) -> str:
        if row.numbers is None:
            return NOTHING
        text = text_of(row.numbers)
        return text if row.counts or text == NOTHING else f"({text})"

    def _of(self, row: RegionDay, counts: Callable[[Numbers], tuple[int, int]]) -> str:
        if row.numbers is None:
            return ""
        part, whole = counts(row.numbers)
        return self.words.part_of_whole % {
            "part": self.figures.count(part),
            "whole": self.figures.count(whole),
        }

    def _bars(self, row: RegionDay, column: Column) -> str:
        history = row.history
        if history is None:
            return ""
        band = band_of(history.n_received, history.is_closed)
        values = history.n_received
        said = self._said(column, values[-1], band, lambda value: self.figures.count(round(value)))
        return bars(values, history.is_closed, band, self.scales.studies, said)

    def _line(
        self,
        row: RegionDay,
        column: Column,
        series: Callable[[History], Sequence[float | None]],
        top: float,
    ) -> str:
        if row.history is None:
            return ""
        values = series(row.history)
        band = band_of(values, row.history.is_closed)
        return line(values, band, top, self._said(column, values[-1], band, self.figures.percent))

    def _said(
        self,
        column: Column,
        last: float | None,
        band: Band | None,
        text: Callable[[float], str],
    ) -> str:
        words = {
            "name": column.name,
            "days": N_DAYS,
            "last": NOTHING if last is None else text(last),
            "low": text(band.low) if band else "",
            "high": text(band.high) if band else "",
        }
        if band is None:
            return self.words.last % words
        return self.words.last_and_usual % words


def _oddity(model: ModelPositives) -> float:
    """How far a model's share is from its own reference, in the binomial's standard deviations."""
    if model.share is None or model.usual_share is None:
        return -1.0
    expected = min(max(model.usual_share, 0.01), 0.99)
    spread: float = (expected * (1 - expected) / model.n_scored) ** 0.5
    return abs(model.share - model.usual_share) / spread
