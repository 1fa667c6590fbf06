"""Say in what a day's numbers differ from those that were signed."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.review.figures import Figures
from fleet.review.models import SignOff
from fleet.review.numbers import Numbers

# The numbers that a sign-off keeps: all that the page's cells are made of.
SIGNED_NUMBERS = (
    "n_received",
    "n_filtered",
    "n_expected",
    "n_pending",
    "n_done",
    "n_failed",
    "n_rejected",
    "n_fallback",
    "n_scored",
    "n_positive",
    "latency_p95_s",
)


def signed_numbers(sign_off: SignOff) -> Numbers | None:
    """Return the numbers that were signed; None when nothing was known."""
    if sign_off.n_received is None:
        return None
    return Numbers(**{name: getattr(sign_off, name) for name in SIGNED_NUMBERS})


def change(sign_off: SignOff, now: Numbers | None, figures: Figures) -> str:
    """Return the first difference that a person can see, as “+34 studies” or “failed 4.2% → 5%”.

    Empty when the page's cells are as they were signed, and when nothing is known any more.
    """
    if now is None or all(getattr(sign_off, name) == getattr(now, name) for name in SIGNED_NUMBERS):
        return ""
    signed = signed_numbers(sign_off)
    before = signed.n_received if signed else 0
    if signed is None or now.n_received != before:
        n = now.n_received - before
        if n == 0:
            return _("no studies came")
        count = f"{'−' if n < 0 else '+'}{figures.count(abs(n))}"
        return ngettext("%(count)s study", "%(count)s studies", abs(n)) % {"count": count}
    for form, old, new in _shown(signed, now, figures):
        if old != new:
            return form % {"before": old, "after": new}
    return ""


def _shown(signed: Numbers, now: Numbers, figures: Figures) -> list[tuple[str, str, str]]:
    percent, latency = figures.percent, figures.latency
    return [
        (
            _("failed %(before)s → %(after)s"),
            percent(signed.failed_share),
            percent(now.failed_share),
        ),
        (
            _("rejected %(before)s → %(after)s"),
            percent(signed.rejected_share),
            percent(now.rejected_share),
        ),
        (
            _("fallback %(before)s → %(after)s"),
            percent(signed.fallback_share),
            percent(now.fallback_share),
        ),
        (
            _("latency p95 %(before)s → %(after)s"),
            latency(signed.latency_p95_s),
            latency(now.latency_p95_s),
        ),
        (
            _("positive %(before)s → %(after)s"),
            percent(signed.positive_share),
            percent(now.positive_share),
        ),
    ]
