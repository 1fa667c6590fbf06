"""What rings at night, what waits for the morning, and how many messages a day there are."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from fleet.alerts.delivery import deliver_next, prepare
from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import clear, expire, find, resolve
from fleet.alerts.models import Alert, Channel, Maintenance, Message
from tests.builders import NOW, TODAY, make_alert, make_channel, make_person, make_region
from tests.fleet.alerts.test_lifecycle import saw
from tests.rig.bot_api import TOKEN

pytestmark = [pytest.mark.django_db, pytest.mark.integration]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# In Moscow it is 13:00 at NOW.
EVENING = NOW + 10 * HOUR
MORNING = NOW + 20 * HOUR + 5 * MINUTE


@pytest.fixture
def chat(bot_api, monkeypatch):
    monkeypatch.setenv("TOKEN_OF_TESTS", TOKEN)
    make_channel(
        "chat", "telegram", server=bot_api.url, credential="env:TOKEN_OF_TESTS",
        time_zone="Europe/Moscow", quiet_from=time(22), quiet_until=time(9),
    )  # fmt: skip
    return bot_api.chat


def drain(now: datetime) -> None:
    prepare(now)
    while deliver_next(now, pace=timedelta()):
        pass


def rings(chat: object) -> list[bool]:
    return [not one["disable_notification"] for one in chat.sent]


def see(code: str, kind: str, at: datetime) -> Alert:
    alert = find(saw(make_region(code), kind, at), at)
    assert alert is not None
    return alert


def test_it_rings_at_night_for_what_fails(chat):
    see("tver", "errors_up", EVENING)
    drain(EVENING + MINUTE)

    assert rings(chat) == [True]


def test_it_keeps_a_warning_of_the_night_for_the_morning_and_says_it_silently(chat):
    see("tver", "input_drift", EVENING)
    for minutes in range(1, 600, 10):
        drain(EVENING + minutes * MINUTE)
    assert chat.sent == []

    drain(MORNING)
    assert rings(chat) == [False]


def test_it_rings_by_day_for_a_warning(chat):
    see("tver", "input_drift", NOW)
    drain(NOW + MINUTE)

    assert rings(chat) == [True]


def test_it_calls_a_flapping_alert_unstable_once_and_keeps_the_message_true(chat):
    region = make_region()
    for n in range(8):
        at = NOW + n * HOUR
        find(saw(region, "link_lost", at), at)
        drain(at + 2 * MINUTE)
        if n < 7:
            clear(region, Family.LINK, TODAY, at + 10 * MINUTE)
            drain(at + 12 * MINUTE)

    said = [one["text"].split(":")[0] for one in chat.sent[1:]]
    assert said[-1] == "Unstable, no more messages until it is steady"
    assert len([one for one in said if one.startswith("Unstable")]) == 1
    assert chat.texts[1].startswith("▲ LOOK")


def test_it_rings_again_when_nobody_has_it_any_more(chat):
    from fleet.alerts.lifecycle import acknowledge

    alert = see("tver", "errors_up", NOW)
    acknowledge(alert.pk, make_person(), NOW)
    drain(NOW + MINUTE)
    expire(NOW + DAY)
    drain(NOW + DAY + MINUTE)

    assert rings(chat) == [False, True]
    assert chat.sent[1]["text"].startswith("Nobody has it any more")


def test_it_keeps_still_while_there_is_work_in_the_region(chat):
    alert = see("tver", "errors_up", NOW)
    Maintenance.objects.create(
        region=alert.region, first_day=TODAY, last_day=TODAY, since=time(12), until=time(15),
        author=make_person(), reason="New disks.",
    )  # fmt: skip
    drain(NOW + MINUTE)
    assert chat.sent == []

    drain(NOW + 2 * HOUR)
    assert len(chat.sent) == 1


def test_it_does_not_tell_what_ended_while_it_was_silenced(chat):
    alert = see("tver", "errors_up", NOW)
    Maintenance.objects.create(
        region=alert.region, first_day=TODAY, last_day=TODAY, since=time(12), until=time(15),
        author=make_person("oleg"), reason="New disks.",
    )  # fmt: skip
    resolve(alert.pk, make_person(), "The disks.", NOW)
    drain(NOW + MINUTE)

    assert Message.objects.get().state == "not_needed"


def test_it_keeps_to_the_budget_but_not_for_what_fails(chat):
    Channel.objects.update(budget=1)
    for n, kind in enumerate(["input_drift", "clock_skew", "errors_up"]):
        see(f"r{n}", kind, NOW)
    drain(NOW + MINUTE)
    drain(NOW + 2 * MINUTE)

    first_lines = sorted(one["text"].split(" ")[0] for one in chat.sent)
    assert first_lines == ["This", "■"]
    drain(NOW + 22 * HOUR)
    assert sum("▲" in one["text"] for one in chat.sent) == 1


def test_it_sends_one_digest_a_morning(chat):
    Channel.objects.update(digest_at=time(9))
    make_alert(make_region("tver"), "errors_up", NOW)
    Message.objects.all().delete()
    Message.objects.create(
        channel=Channel.objects.get(), alert=Alert.objects.get(), state="confirmed",
        event=Alert.objects.get().events.get(), wanted_at=NOW, next_try_at=NOW, sent_at=NOW,
    )  # fmt: skip
    for minutes in (-10, 5, 6, 60):
        drain(NOW + 20 * HOUR + minutes * MINUTE)

    (digest,) = chat.sent
    assert digest["disable_notification"]
    assert digest["text"].splitlines() == [
        "Morning: failing 1, need a look 0.",
        "■ FAILING · Tver · More studies fail than usual",
        "Messages yesterday: 1.",
    ]
