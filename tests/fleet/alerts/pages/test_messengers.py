"""The page of the messengers: how each fares, and a test that is really sent."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from fleet.alerts.delivery import deliver_next, prepare
from fleet.alerts.models_outbox import Channel, Message
from fleet.clock import now
from fleet.people.models import AuditEvent, Role
from tests.builders import make_alert, make_channel, make_person, make_region
from tests.rig.bot_api import TOKEN

pytestmark = pytest.mark.django_db
ADDRESS = "/settings/messengers/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def boss(client):
    client.force_login(make_person("boss", Role.ADMIN))
    return client


@pytest.fixture
def channel(bot_api, monkeypatch):
    monkeypatch.setenv("TOKEN_OF_TESTS", TOKEN)
    return make_channel("chat", "telegram", server=bot_api.url, credential="env:TOKEN_OF_TESTS")


def shown(client):
    return client.get(ADDRESS).content.decode()


def drain():
    prepare(now())
    while deliver_next(now() + MINUTE, pace=timedelta()):
        pass


def test_it_sends_a_labelled_test_and_says_that_it_arrived(boss, channel, bot_api):
    boss.post(f"{ADDRESS}{channel.pk}/test/")
    assert "waits for the deliverer" in shown(boss)

    drain()

    (sent,) = bot_api.chat.sent
    assert sent["text"].startswith("TEST · Fleet reaches this chat. Nothing has happened.")
    assert "arrived after" in shown(boss)
    assert AuditEvent.objects.get(kind="messenger_tested").subject == "chat"


def test_it_sends_another_test_when_asked_again(boss, channel, bot_api):
    for _time in range(2):
        boss.post(f"{ADDRESS}{channel.pk}/test/")
        drain()

    assert len(bot_api.chat.sent) == 2
    assert Message.objects.count() == 1


def test_it_says_why_a_test_did_not_arrive(boss, channel, bot_api):
    bot_api.faults.append(403)

    boss.post(f"{ADDRESS}{channel.pk}/test/")
    drain()

    page = shown(boss)
    assert "switched off by itself" in page
    assert "has not arrived: The bot may not write into the chat" in page
    assert "Send a test message" not in page


def test_it_says_that_it_tries_again(boss, channel, bot_api):
    bot_api.faults.extend([500, 500])

    boss.post(f"{ADDRESS}{channel.pk}/test/")
    drain()

    assert "1 try failed" in shown(boss)
    assert "Telegram answered 500. The next try is at" in shown(boss)


def test_it_counts_what_was_sent_and_shows_the_hours_of_the_chat(boss, channel, bot_api):
    fields = {"budget": 20, "time_zone": "Asia/Omsk", "digest_at": time(8, 30)}
    fields |= {"quiet_from": time(22), "quiet_until": time(7)}
    Channel.objects.update(**fields)
    make_alert(make_region(), at=now() - 5 * MINUTE)
    drain()

    page = shown(boss)

    for text in ("1 of 20 today", "22:00–07:00 (Asia/Omsk)", "08:30 (Asia/Omsk)", "works"):
        assert text in page


def test_it_shows_neither_address_nor_secret(boss, channel):
    page = shown(boss)

    assert "-100200" not in page
    assert "TOKEN_OF_TESTS" not in page
    assert TOKEN not in page


def test_it_says_when_there_is_no_messenger(boss):
    assert "nobody is woken" in shown(boss)
