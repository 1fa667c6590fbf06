"""What other parts of the center say arrives once, silently, and is changed in its place."""

from __future__ import annotations

import pytest

from fleet.alerts.models import Channel, Message
from fleet.alerts.notices import correct, say
from fleet.alerts.outbox import BETWEEN_EDITS
from tests.builders import NOW, make_channel
from tests.fleet.alerts.test_delivery import drain, make_telegram
from tests.rig.bot_api import TOKEN, BotApi

pytestmark = [pytest.mark.django_db, pytest.mark.integration]
LATER = NOW + BETWEEN_EDITS


@pytest.fixture
def chat(bot_api: BotApi, monkeypatch: pytest.MonkeyPatch) -> BotApi:
    monkeypatch.setenv("TOKEN_OF_TESTS", TOKEN)
    make_telegram("chat", bot_api)
    return bot_api


def test_it_arrives_silently(chat):
    say(Channel.objects.get(), {"a": "It waits."}, NOW)
    drain(NOW)

    assert chat.chat.texts == {1: "It waits."}
    assert chat.chat.sent[0]["disable_notification"] is True


def test_it_is_changed_in_its_place_and_not_too_often(chat):
    channel = Channel.objects.get()
    say(channel, {"a": "It waits."}, NOW)
    drain(NOW)
    correct(channel, {"a": "It is done.", "b": "Unheard of."}, NOW)

    assert [drain(NOW), drain(LATER)] == [0, 1]
    assert (chat.chat.texts, len(chat.chat.sent)) == ({1: "It is done."}, 1)


def test_it_is_said_once_where_nothing_can_be_changed():
    channel = make_channel()
    say(channel, {"a": "It waits."}, NOW)
    drain(NOW)
    say(channel, {"a": "It is done."}, NOW)
    drain(LATER)

    message = Message.objects.get()
    assert (message.state, message.sent_at) == (Message.State.CONFIRMED, NOW)


def test_it_takes_nothing_of_the_chats_messages_of_the_day(chat):
    Channel.objects.update(budget=1)
    say(Channel.objects.get(), {"a": "It waits.", "b": "That too."}, NOW)

    assert drain(NOW) == 2
    assert len(chat.chat.sent) == 2
