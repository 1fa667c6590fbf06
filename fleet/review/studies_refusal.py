"""Why a region's studies cannot be listed, in words, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from fleet.review.figures import Figures
from fleet.review.links import Link, LinkState
from regions.models import Region
from regions.studies import Reason, StudiesUnread


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no list, what to do, and what the technology said."""

    sentence: str
    remedy: str
    detail: str
    can_retry: bool = True


def without_path(state: LinkState) -> Refusal | None:
    """Return what to say of a region to which nothing leads; None where there is a path."""
    if state is LinkState.CARRIED:
        return Refusal(
            _("Level 3: this region has no line; its data are carried by hand."),
            _("Ask the region's engineer for the list of this day's studies."),
            "",
            can_retry=False,
        )
    if state is LinkState.MISSING:
        return Refusal(
            _("No access path is enabled, so nobody can ask this region."),
            _("Enable a path in the admin."),
            "",
            can_retry=False,
        )
    return None


def refusal(unread: StudiesUnread, link: Link, region: Region, day: date, now: datetime) -> Refusal:
    """Return the sentence for a list that could not be read, with what is known of the path."""
    reason, detail = unread.reason, unread.detail
    is_closed = link.state is LinkState.CLOSED
    if reason is Reason.NOT_READY and is_closed:
        # It was never collected because nothing comes through.
        reason = Reason.CLOSED
    sentence, remedy = _words(reason)
    if is_closed and link.since and reason in {Reason.CLOSED, Reason.TIMEOUT}:
        figures = Figures.of_active_language()
        remedy = _("The path has been closed since %(time)s there, for %(age)s.") % {
            "time": figures.clock(link.since, region.zone, day),
            "age": figures.age(now - link.since),
        }
        detail = link.sentence or detail
    return Refusal(sentence, remedy, detail, can_retry=reason is not Reason.NOT_SET_UP)


def _words(reason: Reason) -> tuple[str, str]:
    return {
        Reason.NOT_SET_UP: (
            _("The list of studies is not set up."),
            _(
                "Give the web process the login of fleet_studies in FLEET_STUDIES_DATABASE_URL "
                "and restart it. docs/operations.md has the steps."
            ),
        ),
        Reason.BUSY: (
            _("Too many lists of studies are being read at this moment."),
            _("Try again in a few seconds."),
        ),
        Reason.NOT_READY: (
            _("Nothing leads to the region's studies yet."),
            _("Its next collection prepares that. Try again after it."),
        ),
        Reason.CLOSED: (
            _("The path to the region is closed."),
            _("The region's page says since when. What was collected is still there."),
        ),
        Reason.TIMEOUT: (
            _("The region did not answer within 5 s."),
            _("Its line or its database is slow or mute. Try again, or look at the region's page."),
        ),
        Reason.NOT_PROVIDED: (
            _(
                "Not provided by this region: the list needs the views study, processing and "
                "prediction."
            ),
            _("The region's administrator installs the contract anew."),
        ),
        Reason.REFUSED: (
            _("The region answers, and refuses the list."),
            _("The region's administrator can tell why."),
        ),
        Reason.CENTER: (
            _("Our own database does not let us ask the region."),
            _("Check FLEET_STUDIES_DATABASE_URL and the role fleet_studies at the center."),
        ),
    }[reason]
