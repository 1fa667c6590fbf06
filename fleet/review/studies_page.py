"""The list of a region's studies in words: every string of the page is made here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.review.figures import NOTHING, Figures, plain
from fleet.review.studies_asked import Asked
from regions.answers import Answer, Order, Outcome, TopScore
from regions.localday import day_bounds
from regions.models import HourlyOutput, Region
from regions.studies import StudyPage

# What the contract folds rare classes and models into; nobody can ask for it by name.
FOLDED = "(other)"
# The mark's class of the style sheet, and its glyph.
MARKS = {
    Outcome.DONE: ("fine", "●"),
    Outcome.FAILED: ("failing", "■"),
    Outcome.REJECTED: ("look", "▲"),
    Outcome.PENDING: ("unknown", "◌"),
    Outcome.UNKNOWN: ("unknown", "◇"),
}


@dataclass(frozen=True, slots=True)
class Tab:
    text: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One answer. `error`, `found` and the columns of the contract are in the region's words."""

    level: str
    glyph: str
    outcome: str
    error: str
    received: str
    received_utc: str
    study_ref: str
    modality: str
    device: str
    tries: str
    latency: str
    wait: str
    score: str
    found: str
    is_positive: bool
    version: str
    node: str
    fallback: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list; `following` is the address of the next one, or empty."""

    said: str
    rows: tuple[Row, ...]
    following: str
    nothing: str


def tabs(asked: Asked) -> list[Tab]:
    """Return the orders as links that keep the filters."""
    words = {
        Order.LATEST: pgettext("order of the studies", "Latest"),
        Order.FAILED: pgettext("order of the studies", "Failed"),
        Order.SLOWEST: pgettext("order of the studies", "Slowest"),
        Order.SCORE: pgettext("order of the studies", "Highest score"),
    }
    return [
        Tab(word, asked.in_order(order).address, order is asked.order)
        for order, word in words.items()
    ]


def known_codes(region: Region, day: date, asked: Asked) -> tuple[list[str], list[str]]:
    """Return the classes and the models that scored on the day, with those asked for."""
    starts_at, ends_at = day_bounds(day, region.zone)
    scored = HourlyOutput.objects.filter(region=region, hour__gte=starts_at, hour__lt=ends_at)
    pairs = scored.exclude(Q(class_code=FOLDED) | Q(model_code=FOLDED))
    classes = {asked.class_code}
    models = {asked.model_code}
    for class_code, model_code in pairs.values_list("class_code", "model_code").distinct():
        classes.add(class_code)
        models.add(model_code)
    return sorted(classes - {""}), sorted(models - {""})


def listed(page: StudyPage, asked: Asked, region: Region, now: datetime) -> Listed:
    """Return the page's text in the active language; moments are the region's."""
    figures = Figures.of_active_language()
    n = len(page.answers)
    said = ngettext(
        "%(n)s answer, read live from the region at %(time)s in %(seconds)s.",
        "%(n)s answers, read live from the region at %(time)s in %(seconds)s.",
        n,
    ) % {
        "n": n,
        "time": f"{now.astimezone(region.zone):%H:%M:%S}",
        "seconds": figures.latency(max(page.seconds, 0.01)),
    }
    following = asked.after_key(page.after).address if page.after else ""
    rows = tuple(_row(answer, region, figures) for answer in page.answers)
    return Listed(said, rows, following, "" if n else _nothing(asked))


def _row(answer: Answer, region: Region, figures: Figures) -> Row:
    local = answer.received_at.astimezone(region.zone)
    level, glyph = MARKS[answer.outcome]
    sides = f" ({answer.error_side})" if answer.error_side else ""
    # A status outside the vocabulary is what explains an unknown outcome.
    status = answer.status if answer.outcome is Outcome.UNKNOWN else ""
    return Row(
        level=level,
        glyph=glyph,
        outcome=_outcome(answer.outcome),
        error=plain(f"{answer.error_class}{sides}" if answer.error_class else status),
        received=f"{local:%H:%M:%S}",
        received_utc=f"{answer.received_at:%Y-%m-%d %H:%M:%S} UTC",
        study_ref=answer.study_ref,
        modality=plain(answer.modality) or NOTHING,
        device=plain(answer.device),
        tries=_tries(answer.n_attempt),
        latency=figures.latency(answer.latency_s),
        wait=figures.latency(answer.wait_s),
        score=_score(answer.top, figures),
        found=plain(" ".join(filter(None, (answer.top.class_code, answer.top.laterality))))
        if answer.top
        else "",
        is_positive=answer.top is not None and answer.top.is_positive,
        version=plain(" ".join(filter(None, (answer.pipeline, answer.version)))) or NOTHING,
        node=plain(answer.node) or NOTHING,
        fallback=plain(answer.fallback_kind),
    )


def _score(top: TopScore | None, figures: Figures) -> str:
    return NOTHING if top is None else f"{top.score:.3g}".replace(".", figures.decimal)


def _tries(n: int | None) -> str:
    if n is None or n < 2:
        return ""
    return _("attempt %(n)s") % {"n": n}


def _outcome(outcome: Outcome) -> str:
    return {
        Outcome.DONE: pgettext("outcome of an answer", "done"),
        Outcome.FAILED: pgettext("outcome of an answer", "failed"),
        Outcome.REJECTED: pgettext("outcome of an answer", "rejected"),
        Outcome.PENDING: pgettext("outcome of an answer", "pending"),
        Outcome.UNKNOWN: pgettext("outcome of an answer", "unknown"),
    }[outcome]


def _nothing(asked: Asked) -> str:
    if asked.after:
        return _("Nothing comes after this any more.")
    if asked.order is Order.FAILED:
        return _("No answer failed on this day.")
    if asked.is_filtered:
        return _("No answer of this day was scored with this class and model.")
    if asked.order is Order.SCORE:
        return _("No answer of this day has a score.")
    if asked.order is Order.SLOWEST:
        return _("No answer was finished on this day.")
    return _("The region has no studies on this day.")
