"""Rules about rows that a region should not have sent. Pure."""

from __future__ import annotations

from django.utils.translation import ngettext

from fleet.review.figures import Figures
from fleet.review.situation import Level, Reason, Situation


def misdated(s: Situation, figures: Figures) -> Reason | None:
    if not s.n_misdated or not s.is_news:
        return None
    sentence = ngettext(
        "%(count)s study has an impossible date.",
        "%(count)s studies have impossible dates.",
        s.n_misdated,
    ) % {"count": figures.count(s.n_misdated)}
    return Reason("misdated", Level.LOOK, 50, sentence, number=s.n_misdated, limit=0)


def unknown_outcomes(s: Situation, figures: Figures) -> Reason | None:
    if s.numbers is None or not s.numbers.n_unknown:
        return None
    sentence = ngettext(
        "%(count)s answer has a status outside the contract.",
        "%(count)s answers have a status outside the contract.",
        s.numbers.n_unknown,
    ) % {"count": figures.count(s.numbers.n_unknown)}
    return Reason("unknown_outcomes", Level.LOOK, 51, sentence, number=s.numbers.n_unknown, limit=0)


def bad_latencies(s: Situation, figures: Figures) -> Reason | None:
    if s.numbers is None or not s.numbers.n_bad_latency:
        return None
    sentence = ngettext(
        "%(count)s answer has an impossible latency.",
        "%(count)s answers have impossible latencies.",
        s.numbers.n_bad_latency,
    ) % {"count": figures.count(s.numbers.n_bad_latency)}
    return Reason(
        "bad_latencies", Level.LOOK, 52, sentence, number=s.numbers.n_bad_latency, limit=0
    )


def capped(s: Situation, figures: Figures) -> Reason | None:
    if s.numbers is None or not s.numbers.n_capped:
        return None
    sentence = ngettext(
        "%(count)s value over the cap was folded into “(other)”.",
        "%(count)s values over the cap were folded into “(other)”.",
        s.numbers.n_capped,
    ) % {"count": figures.count(s.numbers.n_capped)}
    return Reason("capped", Level.LOOK, 53, sentence, number=s.numbers.n_capped, limit=0)
