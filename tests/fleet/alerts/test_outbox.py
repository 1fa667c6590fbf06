"""What happens to an alert waits in the outbox from the same moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import acknowledge, clear, find, resolve
from fleet.alerts.models import Alert, Channel, Finding, Message
from fleet.alerts.outbox import BETWEEN_EDITS, FIRST_WAIT, reroute
from tests.builders import NOW, TODAY, make_channel, make_person, make_region
from tests.fleet.alerts.test_lifecycle import saw

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def open_alert(kind: str = "errors_up") -> Alert:
    alert = find(saw(make_region(), kind), NOW)
    assert alert is not None
    return alert


def test_it_writes_one_message_for_the_first_enabled_channel():
    make_channel("off", is_enabled=False)
    first = make_channel("first")
    make_channel("second")
    alert = open_alert()

    message = Message.objects.get()
    assert (message.channel, message.alert, message.event) == (first, alert, alert.events.get())


def test_it_forgets_the_message_with_its_event():
    make_channel()
    with transaction.atomic():
        open_alert()
        transaction.set_rollback(True)

    assert not Message.objects.exists()
    assert not Finding.objects.exists()


def test_it_waits_before_the_first_message_for_what_explains_it():
    make_channel()
    open_alert()

    assert Message.objects.get().next_try_at == NOW + FIRST_WAIT


def test_it_changes_the_message_instead_of_adding_one():
    make_channel()
    alert = open_alert()
    acknowledge(alert.pk, make_person(), NOW + MINUTE)

    message = Message.objects.get()
    assert message.event == alert.events.last()
    assert message.next_try_at == NOW + MINUTE


def test_it_changes_what_was_said_once_a_minute_unless_a_person_did_something():
    make_channel()
    region = make_region()
    alert = find(saw(region, "link_lost"), NOW)
    Message.objects.update(state="confirmed", confirmed_at=NOW, remote_id="1")
    clear(region, Family.LINK, TODAY, NOW + MINUTE / 2)
    assert Message.objects.get().next_try_at == NOW + BETWEEN_EDITS

    find(saw(region, "link_lost", NOW + MINUTE / 2), NOW + MINUTE / 2)
    resolve(alert.pk, make_person(), "The cable.", NOW + MINUTE * 3 / 4)
    assert Message.objects.get().next_try_at == NOW + MINUTE * 3 / 4


def test_it_tells_that_a_warning_became_a_failure():
    make_channel()
    region = make_region()
    find(saw(region, "volume_shift"), NOW)
    find(saw(region, "region_silent"), NOW)

    assert Message.objects.get().event.kind == "worsened"


def test_it_gives_the_next_channel_what_a_disabled_one_did_not_say():
    first = make_channel("first")
    make_channel("second")
    alert = open_alert()
    Channel.objects.filter(pk=first.pk).update(is_enabled=False)

    assert [reroute(NOW), reroute(NOW)] == [1, 0]
    states = dict(alert.messages.values_list("channel__name", "state"))
    assert states == {"first": "moved", "second": "waiting"}


def test_it_tells_the_first_channel_of_what_is_open_already():
    open_alert()
    make_channel()

    assert reroute(NOW) == 1
    assert Message.objects.get().alert == Alert.objects.get()


def test_it_leaves_what_was_said_where_it_was_said():
    make_channel("first")
    alert = open_alert()
    Message.objects.update(state="confirmed", remote_id="1")
    Channel.objects.update(is_enabled=False)
    make_channel("second")
    resolve(alert.pk, make_person(), "The cable.", NOW)

    assert reroute(NOW) == 0


def test_it_says_on_in_every_channel_that_knows_the_alert():
    first = make_channel("first")
    alert = open_alert()
    Message.objects.update(state="confirmed", remote_id="1")
    Channel.objects.update(is_enabled=False)
    make_channel("second")
    reroute(NOW)
    Channel.objects.filter(pk=first.pk).update(is_enabled=True)
    resolve(alert.pk, make_person(), "The cable.", NOW)

    assert list(alert.messages.values_list("state", flat=True)) == ["waiting", "waiting"]
