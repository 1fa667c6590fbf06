"""An alert, its findings and its history in words, in the active language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Level
from fleet.alerts.models import Alert, AlertEvent, Finding
from fleet.alerts.titles import titles
from fleet.review.dates import today
from fleet.review.figures import Figures, cut, day_name
from fleet.review.standing_alerts import name_of

Event = AlertEvent.Kind


@dataclass(frozen=True, slots=True)
class Words:
    """Looked up once for a page; `today` is the date of the center's people."""

    figures: Figures
    titles: dict[str, str]
    now: datetime
    today: date

    @classmethod
    def of_active_language(cls, now: datetime) -> Self:
        return cls(Figures.of_active_language(), titles(), now, today(now))

    def title(self, kind: str) -> str:
        return self.titles.get(kind, kind)

    def clock(self, moment: datetime) -> str:
        """Return a moment on the clock of the center's people."""
        return self.figures.clock(moment, settings.FLEET_TIME_ZONE, self.today)

    def when(self, alert: Alert) -> str:
        """Return since when the alert stands, or from when to when it stood."""
        age = self.figures.age((alert.resolved_at or self.now) - alert.opened_at)
        opened = self.clock(alert.opened_at)
        if alert.resolved_at is None:
            return _("since %(time)s, %(age)s") % {"time": opened, "age": age}
        return _("%(from)s – %(to)s, %(age)s") % {
            "from": opened,
            "to": self.clock(alert.resolved_at),
            "age": age,
        }

    def there(self, alert: Alert) -> str:
        """Return the same beginning by the region's clock, if it differs from the center's."""
        if alert.region is None:
            return ""
        zone = alert.region.zone
        local, here = (alert.opened_at.astimezone(z) for z in (zone, settings.FLEET_TIME_ZONE))
        if local.utcoffset() == here.utcoffset():
            return ""
        return _("%(time)s there") % {"time": self.figures.clock(alert.opened_at, zone, self.today)}

    def held(self, alert: Alert) -> str:
        """Return who has the alert and until when; nothing when nobody has."""
        if alert.acknowledged_by is None or alert.acknowledged_until is None:
            return ""
        return _("%(name)s has it until %(time)s") % {
            "name": name_of(alert.acknowledged_by),
            "time": self.clock(alert.acknowledged_until),
        }

    def about(self, alert: Alert) -> str:
        """Return the service and version, which a region named."""
        return " ".join(cut(word) for word in (alert.service, alert.version) if word)

    def number(self, value: float | None) -> str:
        """Return a score as the detector gave it, in three digits."""
        if value is None:
            return ""
        text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
        marks = str.maketrans({",": self.figures.thousands, ".": self.figures.decimal})
        return text.translate(marks)

    def usual(self, finding: Finding) -> str:
        """Return the usual range: “0.03–0.08”."""
        ends = [self.number(one) for one in (finding.usual_low, finding.usual_high)]
        return "–".join(ends) if all(ends) else ""

    def measured(self, finding: Finding | None) -> str:
        """Return the number with its limit and what is usual; nothing where none was measured."""
        if finding is None or finding.score is None:
            return ""
        words = {"score": self.number(finding.score), "limit": self.number(finding.limit)}
        words["usual"] = self.usual(finding)
        if words["limit"] and words["usual"]:
            return _("%(score)s, limit %(limit)s, usual %(usual)s") % words
        if words["limit"]:
            return _("%(score)s, limit %(limit)s") % words
        return words["score"]

    def happened(self, event: AlertEvent) -> str:
        """Return one line of the history."""
        name = name_of(event.author) if event.author else ""
        sentences = {
            Event.OPENED: _("Opened."),
            Event.REOPENED: _("Came back."),
            Event.UNSTABLE: _("Came back again and again: it is unstable."),
            Event.ACKNOWLEDGED: _("%(name)s took it."),
            Event.GIVEN_BACK: _("%(name)s gave it back."),
            Event.WORSENED: _("It got worse: now it fails."),
            Event.EXPIRED: _("Its time was over: it is open to all again."),
            Event.RESOLVED: _("%(name)s resolved it.") if name else _("It ended by itself."),
            Event.EXPLAINED: _("Another alert explains it."),
            Event.BARED: _("It stands by itself again."),
        }
        return sentences[Event(event.kind)] % {"name": name}

    def month(self, first: date) -> str:
        return date_format(first, pgettext("format of a month, see Django's date filter", "F Y"))

    def day(self, day: date) -> str:
        return day_name(day)


def is_failing(kind: str) -> bool:
    """Whether alerts of the kind say that something fails; a kind that is gone does not."""
    return kind in KINDS and KINDS[kind].level is Level.FAILING
