"""Workers deliver and ask again, and beat tells them to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.alerts.lifecycle import acknowledge, find
from fleet.alerts.models import Alert, Message
from fleet.alerts.tasks import ask_again, deliver, judge_days, look
from fleet.celery import app
from fleet.clock import now
from tests.builders import make_channel, make_person, make_region
from tests.fleet.alerts.test_lifecycle import saw

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=2)


@pytest.fixture
def alert() -> Alert:
    make_channel()
    at = now() - LONG_AGO
    found = find(saw(make_region(), at=at), at)
    assert found is not None
    return found


def test_it_delivers_what_is_due(alert, capsys):
    assert deliver() == "1 messages worked on."

    assert Message.objects.get().state == "confirmed"
    assert "■ FAILING" in capsys.readouterr().err


def test_it_asks_again_who_took_it_a_day_ago(alert):
    acknowledge(alert.pk, make_person(), now() - LONG_AGO)

    assert ask_again() == "1 alerts are open again, 0 people are asked."


@pytest.mark.parametrize("task", [deliver, ask_again, look])
def test_beat_sends_them_to_the_deliverer(task):
    (entry,) = [one for one in app.conf.beat_schedule.values() if one["task"] == task.name]

    assert entry["options"]["queue"] == "deliver"


def test_beat_sends_days_that_are_over_to_the_judge():
    (entry,) = [one for one in app.conf.beat_schedule.values() if one["task"] == judge_days.name]

    assert entry["options"]["queue"] == "judge"
