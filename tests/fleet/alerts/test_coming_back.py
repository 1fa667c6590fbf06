"""What comes back within a day is the same alert, and who has one for long is asked daily."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fleet.alerts.lifecycle import acknowledge, ask_again, find, lose_sight, regain_sight, resolve
from fleet.alerts.messages import reply_of
from fleet.alerts.models import Alert, Message
from tests.builders import NOW, make_channel, make_person, make_region
from tests.fleet.alerts.test_lifecycle import kinds_of, saw

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def be_blind(at: datetime) -> Alert:
    lose_sight(at - HOUR, at)
    regain_sight(at + HOUR)
    return Alert.objects.latest("pk")


@pytest.mark.parametrize(("after", "n"), [(24 * HOUR, 1), (26 * HOUR, 2)])
def test_an_alert_of_the_fleet_comes_back_within_a_day(after: timedelta, n: int):
    be_blind(NOW)
    be_blind(NOW + after)

    assert Alert.objects.count() == n


def test_an_alert_of_the_fleet_that_flaps_is_called_unstable_once():
    for n in range(5):
        alert = be_blind(NOW + 3 * n * HOUR)

    assert [kind for kind in kinds_of(alert) if kind != "resolved"] == [
        *("opened", "reopened", "reopened", "unstable", "reopened")
    ]
    assert alert.is_unstable


def test_a_fault_of_many_regions_comes_back_as_one():
    anna = make_person()
    regions = [make_region(f"r{n}") for n in range(4)]
    for hour in (0, 3):
        for region in regions:
            find(saw(region, at=NOW + hour * HOUR), NOW + hour * HOUR)
        for one in Alert.objects.filter(resolved_at=None, region__isnull=False):
            resolve(one.pk, anna, "Repaired", NOW + (hour + 1) * HOUR)

    assert kinds_of(Alert.objects.get(region=None)) == [
        *("opened", "resolved", "reopened", "resolved")
    ]


def test_who_took_it_for_a_week_is_asked_daily():
    alert = find(saw(make_region()), NOW)
    acknowledge(alert.pk, make_person(), NOW, NOW + 7 * DAY)

    asked = [len(ask_again(NOW + n * 12 * HOUR)) for n in range(1, 6)]

    assert asked == [0, 1, 0, 1, 0]
    assert kinds_of(alert) == ["opened", "acknowledged", "asked", "asked"]


def test_nobody_is_asked_of_what_is_open_or_was_given_back():
    find(saw(make_region()), NOW)

    assert ask_again(NOW + 2 * DAY) == []


def test_it_asks_by_name():
    make_channel()
    alert = find(saw(make_region()), NOW)
    acknowledge(alert.pk, make_person("anna"), NOW, NOW + 7 * DAY)
    ask_again(NOW + DAY)

    answer = reply_of(Message.objects.get()).body

    assert answer.startswith("anna, do you still have it? ■ FAILING · Tver")
