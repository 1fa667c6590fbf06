"""Ask a region for a list of its studies on somebody's behalf, and write down that it was asked."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib.auth.models import User

from fleet import clock
from fleet.people.audit import record
from fleet.people.models import AuditEvent
from fleet.review.known import known
from fleet.review.links import Link, link
from fleet.review.studies_asked import Asked
from fleet.review.studies_page import Listed, listed
from fleet.review.studies_refusal import Refusal, refusal, without_path
from regions.models import Region
from regions.models.region import Level
from regions.studies import StudiesUnread, study_page


def read(account: User, region: Region, day: date, asked: Asked, now: datetime) -> Listed | Refusal:
    """Return a page of answers, or why there is none; the region has a few seconds."""
    lamp = _link(region, day, now)
    if nobody := without_path(lamp.state):
        return nobody
    try:
        page = study_page(
            region,
            day,
            asked.order,
            class_code=asked.class_code,
            model_code=asked.model_code,
            after=asked.after,
        )
    except StudiesUnread as unread:
        return refusal(unread, lamp, region, day, now)
    record(
        AuditEvent.Kind.STUDIES_READ,
        account.get_username(),
        now,
        region_code=region.code,
        subject=day.isoformat(),
        detail=f"{asked}: {len(page.answers)}",
    )
    # Reading took its time.
    return listed(page, asked, region, clock.now())


def _link(region: Region, day: date, now: datetime) -> Link:
    (here,) = known(day, Region.objects.filter(pk=region.pk))
    return link(
        here.paths,
        here.attempt,
        every=region.collect_every,
        is_offline=region.level == Level.OFFLINE,
        now=now,
    )
