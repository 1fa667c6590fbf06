"""Let the messenger say what waits for a person, and how long the trail is.

No study, patient or reason is named there: only the region, who asked, and the page.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext

from fleet.alerts.messages import MAX_NAME, short_name
from fleet.alerts.models_outbox import Channel, Message
from fleet.alerts.notices import correct, say
from fleet.alerts.outbox import chosen_channel
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.trail import head_of_trail

State = ExportedStudy.State
# So long what became of an export is looked at again after it changed.
LOOK_BACK = timedelta(days=1)
TRAIL = "trail "


class Need(StrEnum):
    """What the chat is told of an export."""

    APPROVAL = "approval"
    EYES = "eyes"
    DOWNLOAD = "download"
    NOTHING = "nothing"


STUDIES = {
    Need.APPROVAL: Q(studies__state=State.WAITING_APPROVAL),
    Need.EYES: Q(studies__state=State.PREVIEW, studies__looked_through_at=None),
    Need.DOWNLOAD: Q(studies__state=State.READY),
    Need.NOTHING: Q(studies__state__in=[State.UNAVAILABLE, State.FAILED]),
}
STANDING = (State.WAITING_APPROVAL, State.PREVIEW, State.READY)


def tell(now: datetime) -> None:
    """Put into the outbox what the first enabled chat does not say yet, or says wrongly."""
    channel = chosen_channel()
    if channel is None:
        return
    with override(channel.language):
        wanted, over = {}, {}
        for export in _told_about(now):
            for need in Need:
                if n := getattr(export, need):
                    wanted[_topic(need, export)] = _text(export, _what(need, n))
                else:
                    over[_topic(need, export)] = _text(export, _what_became(need, export))
        say(channel, {**wanted, **_head(channel, now)}, now)
        correct(channel, over, now)


def _told_about(now: datetime) -> QuerySet[Export]:
    """Return the exports that wait for a person or changed lately, with a number for each need."""
    studies = ExportedStudy.objects.filter(
        Q(state__in=STANDING) | Q(state_since__gt=now - LOOK_BACK)
    )
    counts = {need.value: Count("studies", filter=of_need) for need, of_need in STUDIES.items()}
    exports = Export.objects.filter(pk__in=studies.values("export")).annotate(**counts)
    return exports.select_related("region", "requester", "decided_by")


def _topic(need: Need, export: Export) -> str:
    return f"export {export.pk} {need}"


def _text(export: Export, what: str) -> str:
    """Return “EXPORT · Tver · 3 studies wait for approval · Anna asked”, and where it is."""
    words = [
        f"{pgettext('a message', 'EXPORT')} #{export.pk}",
        export.region.name[:MAX_NAME],
        what,
        _("%(name)s asked") % {"name": short_name(export.requester)},
    ]
    base = settings.FLEET_PUBLIC_URL
    return " · ".join(words) + (f"\n{base}/exports/{export.pk}/" if base else "")


def _what(need: Need, n: int) -> str:
    said = {
        Need.APPROVAL: ngettext(
            "%(n)s study waits for a second person", "%(n)s studies wait for a second person", n
        ),
        Need.EYES: ngettext(
            "%(n)s study waits to be looked through", "%(n)s studies wait to be looked through", n
        ),
        Need.DOWNLOAD: ngettext("%(n)s study is ready", "%(n)s studies are ready", n),
        Need.NOTHING: ngettext("%(n)s study cannot be had", "%(n)s studies cannot be had", n),
    }
    return said[need] % {"n": n}


def _what_became(need: Need, export: Export) -> str:
    """Return what is to be read when nothing needs that any more."""
    if need is Need.APPROVAL and export.is_approved is not None:
        said = _("approved by %(name)s") if export.is_approved else _("refused by %(name)s")
        return said % {"name": short_name(export.decided_by)}
    return {
        Need.APPROVAL: _("nobody has to decide any more"),
        Need.EYES: _("nothing waits to be looked through any more"),
        Need.DOWNLOAD: _("no package is left"),
        Need.NOTHING: "",
    }[need]


def _head(channel: Channel, now: datetime) -> dict[str, str]:
    """Return the line about the trail, once a day of the chat and where the trail has grown."""
    head, local = head_of_trail(), now.astimezone(channel.zone)
    told = Message.objects.filter(topic__startswith=TRAIL).order_by("-pk").first()
    topic = f"{TRAIL}{head}"
    is_early = local.time() < (channel.digest_at or time())
    if head is None or is_early or (told and (told.day == local.date() or told.topic == topic)):
        return {}
    lines = (
        _("Trail of exports, its last row: %(head)s"),
        _("Whether it is still there says: manage.py verify_trail --head %(head)s"),
    )
    return {topic: "\n".join(lines) % {"head": head}}
