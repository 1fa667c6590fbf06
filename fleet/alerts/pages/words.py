"""An alert, its findings and its history in words, in the active language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Level
from fleet.alerts.messages import sentence, usual
from fleet.alerts.models import Alert, AlertEvent, Finding
from fleet.alerts.titles import titles
from fleet.review.dates import today
from fleet.review.figures import Figures, cut, day_name
from fleet.review.standing_alerts import name_of

Event = AlertEvent.Kind
NO_BREAK = "\u00a0"


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

    def measured(self, finding: Finding | None) -> str:
        """Return what a message says: the number with its limit, and what is usual; or nothing."""
        if finding is None:
            return ""
        said = (sentence(finding, finding.kind), usual(finding))
        return unbroken(" ".join(filter(None, said)))

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
            Event.ASKED: _("Who has it was asked again."),
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


def unbroken(text: str) -> str:
    """Return the text with each number and its unit in one line."""
    return re.sub(r"(?<=\d) (?=\S)", NO_BREAK, text)
