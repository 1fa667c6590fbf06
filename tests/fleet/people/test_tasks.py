from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from fleet.celery import app
from fleet.clock import now
from fleet.people.tasks import forget_sessions

pytestmark = pytest.mark.django_db


def test_it_forgets_sessions_that_have_ended() -> None:
    for name, hours in (("ended", -1), ("running", 1)):
        Session.objects.create(session_key=name, expire_date=now() + timedelta(hours=hours))
    forget_sessions()

    assert Session.objects.get().session_key == "running"


def test_beat_knows_it() -> None:
    planned = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert forget_sessions.name in planned
