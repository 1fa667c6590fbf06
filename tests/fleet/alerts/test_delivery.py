"""What waits in the outbox arrives: once, in the right order, and through faults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection

from fleet.alerts.delivery import claim, deliver_next, prepare
from fleet.alerts.lifecycle import acknowledge, find, resolve
from fleet.alerts.models import Alert, Channel, Message, Silence
from fleet.alerts.outbox import FIRST_WAIT
from tests.builders import NOW, make_channel, make_person, make_region
from tests.fleet.alerts.test_lifecycle import saw
from tests.rig.bot_api import TOKEN, BotApi

pytestmark = [pytest.mark.django_db, pytest.mark.integration]
SOON = NOW + FIRST_WAIT
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def chat(bot_api: BotApi, monkeypatch: pytest.MonkeyPatch) -> BotApi:
    monkeypatch.setenv("TOKEN_OF_TESTS", TOKEN)
    make_telegram("chat", bot_api)
    return bot_api


def make_telegram(name: str, api: BotApi, **fields: object) -> Channel:
    return make_channel(name, "telegram", server=api.url, credential="env:TOKEN_OF_TESTS", **fields)


def open_alert(code: str = "tver", kind: str = "errors_up") -> Alert:
    alert = find(saw(make_region(code), kind), NOW)
    assert alert is not None
    return alert


def drain(now: datetime = SOON) -> int:
    """Deliver all that is due; return how many rows were worked on."""
    prepare(now)
    n = 0
    while deliver_next(now, pace=timedelta()):
        n += 1
        assert n < 50
    return n


def test_it_sends_one_message_for_an_alert(chat):
    open_alert()
    assert drain(NOW) == 0

    assert [drain(), drain()] == [1, 0]
    assert Message.objects.get().remote_id == "1"
    assert len(chat.chat.sent) == 1
    assert chat.chat.sent[0]["disable_notification"] is False


def test_it_changes_the_message_in_its_place_and_tells_of_the_end_silently(chat):
    alert, person = open_alert(), make_person()
    drain()
    acknowledge(alert.pk, person, SOON)
    drain()
    assert "oncall" in chat.chat.texts[1]
    resolve(alert.pk, person, "The cable.", SOON)
    drain()

    assert chat.chat.texts[1].startswith("● RESOLVED · Tver")
    assert [one["disable_notification"] for one in chat.chat.sent] == [False, True]
    assert chat.chat.sent[1]["reply_parameters"]["message_id"] == 1


def test_it_waits_as_long_as_the_service_asks(chat):
    chat.faults.append(429)
    chat.retry_after = 40
    open_alert()
    drain()

    assert drain(SOON + 40 * SECOND) == 0
    assert drain(SOON + 42 * SECOND) == 1
    assert len(chat.chat.sent) == 1


@pytest.mark.parametrize("fault", [500, "lost"])
def test_it_tries_again_after_a_passing_failure(chat, fault):
    chat.faults.append(fault)
    open_alert()
    drain()
    assert Message.objects.get().state == "waiting"

    drain(SOON + MINUTE)
    assert len(chat.chat.sent) == 1


def test_it_tries_again_when_the_server_was_down(chat):
    chat.stop()
    open_alert()
    drain()
    chat.start()
    drain(SOON + MINUTE)

    assert len(chat.chat.sent) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_it_disables_a_chat_that_is_gone_and_uses_the_next(chat, bot_api, status):
    make_telegram("second", bot_api, address="-2")
    chat.faults.append(status)
    open_alert()
    drain()

    assert Channel.objects.get(name="chat").disabled_reason
    assert not Channel.objects.get(name="chat").is_enabled
    assert [one["chat_id"] for one in chat.chat.sent] == ["-2"]


def test_it_tells_no_token(chat, caplog):
    chat.stop()
    open_alert()
    drain()
    chat.start()
    chat.faults.append(401)
    drain(SOON + MINUTE)

    assert TOKEN not in caplog.text
    assert not Message.objects.filter(sentence__contains=TOKEN).exists()


def test_it_sends_anew_what_somebody_deleted(chat):
    alert = open_alert()
    drain()
    chat.chat.texts.clear()
    acknowledge(alert.pk, make_person(), SOON)
    drain()

    assert "oncall" in chat.chat.texts[2]


def test_it_says_what_happened_while_it_was_saying(chat):
    alert = open_alert()
    message = claim(SOON, HOUR, timedelta())
    acknowledge(alert.pk, make_person(), SOON)
    Message.objects.filter(pk=message.pk).update(claimed_until=None)
    drain()

    assert "oncall" in chat.chat.texts[1]


def test_it_leaves_a_claimed_message_until_the_claim_is_over(chat):
    open_alert()
    claim(SOON, MINUTE, timedelta())

    assert drain(SOON + 59 * SECOND) == 0
    assert drain(SOON + MINUTE) == 1


def test_it_says_nothing_of_what_another_alert_explains(chat):
    region = make_region()
    find(saw(region, "errors_up"), NOW)
    find(saw(region, "link_lost"), NOW)
    drain()

    assert len(chat.chat.sent) == 1
    assert "cannot be reached" in chat.chat.texts[1]


def test_it_keeps_still_about_what_is_silenced_until_the_silence_ends(chat):
    alert = open_alert()
    silenced = Silence.objects.create(
        region=alert.region, begins_at=NOW, ends_at=NOW + HOUR, author=make_person(), reason="Known"
    )
    for minutes in range(1, 60, 5):
        drain(NOW + minutes * MINUTE)
    assert chat.chat.sent == []

    drain(silenced.ends_at + 5 * MINUTE)
    assert len(chat.chat.sent) == 1


def test_it_tells_failures_first(chat):
    open_alert("aa", "input_drift")
    open_alert("bb", "errors_up")
    drain()

    assert "FAILING" in chat.chat.texts[1]


def test_it_sends_nothing_twice_when_two_deliver(transactional_db, chat):
    regions = [make_region(f"r{n}") for n in range(24)]
    # An hour between them, so that they are not one alert of the fleet.
    for n, region in enumerate(regions):
        find(saw(region), NOW + n * HOUR)

    def work(_: int) -> None:
        while deliver_next(NOW + 30 * HOUR, pace=timedelta()):
            pass
        connection.close()

    with ThreadPoolExecutor(4) as deliverers:
        list(deliverers.map(work, range(4)))

    assert len(chat.chat.sent) == len(set(chat.chat.texts.values())) == len(regions)
