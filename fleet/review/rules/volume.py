"""Rules about the number of studies: none, unlike the weekday's, or not yet judged. Pure."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.review.figures import Figures
from fleet.review.rules.limits import volume_limits
from fleet.review.situation import Level, Reason, Situation
from regions.freshness import Freshness

LEARNING_DAYS = 14


def no_studies(s: Situation, figures: Figures) -> Reason | None:
    if s.known_as_of is not None and s.n_days_known is None:
        return Reason("no_studies", Level.LOOK, 37, _("No study was ever collected."))
    n = s.numbers
    if s.is_closed or not s.is_over or n is None or n.n_received > 0 or not s.freshness.counts:
        return None
    usual = s.usual
    if usual is None or usual.low is None or usual.high is None or usual.high < 1:
        sentence = _("No study came on a working day.")
        return Reason("no_studies", Level.LOOK, 37, sentence, number=0, limit=1)
    sentence = _("No study came, usually %(low)s to %(high)s %(on_weekdays)s.") % {
        "low": figures.count(round(usual.low)),
        "high": figures.count(round(usual.high)),
        "on_weekdays": _on_weekdays(s),
    }
    return Reason("no_studies", Level.LOOK, 37, sentence, number=0, limit=usual.low)


def unusual_volume(s: Situation, figures: Figures) -> Reason | None:
    """A running day is not judged, nor one whose end is missing: studies are still to come."""
    n, usual = s.numbers, s.usual
    if not s.is_over or s.freshness is not Freshness.FRESH or n is None or n.n_received == 0:
        return None
    if usual is None or usual.low is None or usual.high is None:
        return None
    low, high = volume_limits(usual, usual.low, usual.high)
    if low <= n.n_received <= high:
        return None
    sentence = ngettext(
        "%(count)s study, usually %(low)s to %(high)s %(on_weekdays)s.",
        "%(count)s studies, usually %(low)s to %(high)s %(on_weekdays)s.",
        n.n_received,
    ) % {
        "count": figures.count(n.n_received),
        "low": figures.count(round(usual.low)),
        "high": figures.count(round(usual.high)),
        "on_weekdays": _on_weekdays(s),
    }
    limit = low if n.n_received < low else high
    return Reason("unusual_volume", Level.LOOK, 40, sentence, number=n.n_received, limit=limit)


def learning(s: Situation, figures: Figures) -> Reason | None:
    if s.n_days_known is None or s.n_days_known >= LEARNING_DAYS:
        return None
    if s.n_days_known < 1:
        sentence = _("This day is before the region's first collected one.")
        return Reason("before_first_day", Level.UNKNOWN, 61, sentence)
    sentence = _("Learning: %(known)s of %(needed)s days.") % {
        "known": figures.count(s.n_days_known),
        "needed": figures.count(LEARNING_DAYS),
    }
    return Reason(
        "learning", Level.UNKNOWN, 60, sentence, number=s.n_days_known, limit=LEARNING_DAYS
    )


def _on_weekdays(s: Situation) -> str:
    names = {
        1: pgettext("on which weekdays", "on Mondays"),
        2: pgettext("on which weekdays", "on Tuesdays"),
        3: pgettext("on which weekdays", "on Wednesdays"),
        4: pgettext("on which weekdays", "on Thursdays"),
        5: pgettext("on which weekdays", "on Fridays"),
        6: pgettext("on which weekdays", "on Saturdays"),
        7: pgettext("on which weekdays", "on Sundays"),
    }
    return names[s.day.isoweekday()]
