"""What the page says above everything else while Fleet itself is blind."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.review.blindness import Blindness, Cause
from fleet.review.figures import NOTHING, Figures


def banner(blind: Blindness, figures: Figures, now: datetime) -> str:
    """Return the sentence: what we do not see, since when, and where to look."""
    if blind.cause is Cause.LOST_TOGETHER:
        return ngettext(
            "%(lost)s of %(links)s link was lost within 10 minutes: the fault is probably ours, "
            "in our collector or its network. We are blind there; these links are unknown.",
            "%(lost)s of %(links)s links were lost within 10 minutes: the fault is probably ours, "
            "in our collector or its network. We are blind there; these links are unknown.",
            len(blind.lost),
        ) % {"lost": len(blind.lost), "links": blind.n_links}
    if blind.cause is Cause.NEVER_COLLECTED:
        return _("Our collector has never run. Start the worker and beat.")
    age = figures.age(now - blind.since) if blind.since else NOTHING
    if blind.cause is Cause.COLLECTOR_SILENT:
        return _(
            "We are blind: our collector has tried no region for %(age)s. "
            "Look at the worker, beat and Redis."
        ) % {"age": age}
    return _(
        "We are blind through SSH: our tunnel keeper has been silent for %(age)s. "
        "Look at its process."
    ) % {"age": age}
