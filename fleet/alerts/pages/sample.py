"""Some studies of the day on which an alert was found, read live from the region."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.alerts.models import Finding
from fleet.review.figures import day_name, plain
from fleet.review.studies_asked import Asked
from fleet.review.studies_page import Row
from fleet.review.studies_read import read
from fleet.review.studies_refusal import Refusal
from regions.answers import Order

MOST_ROWS = 10
_ORDERS = {
    "errors_up": Order.FAILED,
    "latency_up": Order.SLOWEST,
    "class_collapse": Order.SCORE,
    "unlike_peers": Order.SCORE,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows in the region's words, or why there are none; `address` leads to the whole list."""

    day: str
    date: str
    address: str
    said: str
    rows: tuple[Row, ...]
    refusal: Refusal | None


def sample(account: User, finding: Finding, now: datetime) -> Sample:
    """Return what the region answers: of a node its own answers, of a class those with its score.

    Failed and slow answers come first where the alert is about them.
    """
    asked = _asked(finding)
    found = read(account, finding.region, finding.day, asked, now)
    rows: tuple[Row, ...] = ()
    said = ""
    if not isinstance(found, Refusal):
        rows, said = found.rows, found.nothing or found.said
        if finding.kind == "outputs_identical":
            rows = tuple(row for row in rows if row.node == plain(finding.attribute))
            said = said if rows else _none_of_node(finding)
        if 0 < len(rows[:MOST_ROWS]) < len(found.rows):
            said = f"{said} {_shown(len(rows[:MOST_ROWS]))}"
    day = finding.day.isoformat()
    return Sample(
        day=day,
        date=day_name(finding.day),
        address=reverse("studies", args=[finding.region.code, day]) + asked.address,
        said=said,
        rows=rows[:MOST_ROWS],
        refusal=found if isinstance(found, Refusal) else None,
    )


def _asked(finding: Finding) -> Asked:
    order = _ORDERS.get(finding.kind, Order.LATEST)
    if order is Order.SCORE:
        return Asked(order, class_code=finding.attribute, model_code=finding.service)
    if finding.kind == "outputs_identical":
        return Asked(order, model_code=finding.service)
    return Asked(order)


def _shown(n: int) -> str:
    return ngettext(
        "%(n)s that the alert is about is below.", "%(n)s that the alert is about are below.", n
    ) % {"n": n}


def _none_of_node(finding: Finding) -> str:
    words = {"node": plain(finding.attribute)}
    return _("None of the day's last answers came from node %(node)s.") % words
