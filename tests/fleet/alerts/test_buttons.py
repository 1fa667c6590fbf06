"""A button acts in the name of who pressed it, and only if we made it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from fleet.alerts.buttons import MAX_DATA, press, sign, webhook_secret
from fleet.alerts.delivery import deliver_next
from fleet.alerts.lifecycle import acknowledge, find, resolve
from fleet.alerts.messages import text_of
from fleet.alerts.models import Alert, Message, MessengerAccount, Silence
from fleet.alerts.outbox import FIRST_WAIT
from fleet.alerts.polling import bots, poll
from fleet.people.models import Role
from tests.builders import NOW, make_channel, make_person, make_region
from tests.fleet.alerts.test_lifecycle import saw
from tests.rig.bot_api import TOKEN

pytestmark = pytest.mark.django_db
NUMBER = "778899"


@pytest.fixture
def message() -> Message:
    """The message of a new alert; Anna, who is on call, has the number 778899 in Telegram."""
    make_channel("chat", "telegram", credential="env:TOKEN_OF_TESTS")
    MessengerAccount.objects.create(user=make_person("anna"), remote_user=NUMBER)
    find(saw(make_region()), NOW)
    return Message.objects.get()


def pressed(message: Message, action: str = "take", number: str = NUMBER) -> str:
    return press(message.channel, number, sign(action, message.pk), NOW)


def update(message: Message, number: int = 1) -> dict[str, object]:
    query = {"id": "55", "from": {"id": int(NUMBER)}, "data": sign("take", message.pk)}
    return {"update_id": number, "callback_query": query}


def test_it_takes_the_alert_in_the_name_of_who_pressed(message):
    assert pressed(message) == "It is yours."

    assert Alert.objects.get().acknowledged_by.username == "anna"


def test_it_gives_back_and_takes_no_step_twice(message):
    pressed(message)

    assert pressed(message, "back") == "It is open to all again."
    assert pressed(message, "back") == "Nobody has taken this alert: reload the page."


def test_it_silences_what_the_alert_is_about(message):
    assert pressed(message, "mute9") == "Silent until 09:00 there."

    silence = Silence.objects.get()
    assert (silence.region, silence.kind) == (message.alert.region, "errors_up")
    assert silence.ends_at - NOW == timedelta(hours=20)
    assert silence.author.username == "anna"


def test_it_does_nothing_for_a_stranger(message):
    assert "Fleet does not know you" in pressed(message, number="1")
    assert Alert.objects.get().acknowledged_by is None


@pytest.mark.parametrize("case", ["viewer", "other region", "inactive"])
def test_it_does_nothing_for_who_may_not(message, case):
    person = make_person("vera", Role.VIEWER if case == "viewer" else Role.ON_CALL, regions=(
        [make_region("omsk")] if case == "other region" else None
    ))  # fmt: skip
    person.is_active = case != "inactive"
    person.save()
    MessengerAccount.objects.create(user=person, remote_user="2")
    pressed(message, number="2")

    assert Alert.objects.get().acknowledged_by is None


@pytest.mark.parametrize("forge", [
    lambda data: data.replace("take", "back"),
    lambda data: data[:-1] + ("0" if data[-1] != "0" else "1"),
    lambda data: "take:1:",
    lambda data: "take:٣:" + data,
    lambda data: "x" * 5000,
    lambda data: "",
])  # fmt: skip
def test_it_heeds_only_buttons_that_it_made(message, forge):
    said = press(message.channel, NUMBER, forge(sign("take", message.pk)), NOW)

    assert said.startswith("This button is not ours")
    assert Alert.objects.get().acknowledged_by is None


def test_it_answers_an_old_button_politely(message):
    resolve(message.alert_id, make_person(), "The cable.", NOW)

    assert pressed(message) == "This alert is resolved already: reload the page."


def test_it_fits_what_telegram_takes(message):
    rows = text_of(message).buttons
    data = [button.data for row in rows for button in row if button.data]

    assert [one.split(":")[0] for one in data] == ["take", "mute1", "mute4", "mute9"]
    assert max(len(sign("mute4", 10**12).encode()), *map(len, data)) <= MAX_DATA


def test_it_offers_what_makes_sense(message, settings):
    settings.FLEET_PUBLIC_URL = "https://fleet.example"
    acknowledge(message.alert_id, make_person(), NOW)
    message.refresh_from_db()
    labels = [button.label for button in text_of(message).buttons[0]]

    assert labels == ["Give back", "Open"]


def test_telegram_may_call(message, client):
    path, secret = f"/messengers/telegram/{message.channel_id}/", webhook_secret(message.channel)
    answer = client.post(
        path, update(message), "application/json",
        headers={"x-telegram-bot-api-secret-token": secret},
    )  # fmt: skip

    assert answer.json()["callback_query_id"] == "55"
    assert answer.json()["text"] == "It is yours."


@pytest.mark.parametrize("headers", [{}, {"x-telegram-bot-api-secret-token": "guessed"}])
def test_nobody_else_may_call(message, client, headers):
    path = f"/messengers/telegram/{message.channel_id}/"

    assert client.post(path, update(message), "application/json", headers=headers).json() == {}
    assert Alert.objects.get().acknowledged_by is None


@pytest.mark.parametrize("body", ["[]", "{", '{"callback_query": 1}', '{"callback_query": {}}'])
def test_it_takes_no_harm_from_what_is_no_press(message, client, body):
    headers = {"x-telegram-bot-api-secret-token": webhook_secret(message.channel)}
    path = f"/messengers/telegram/{message.channel_id}/"

    assert client.post(path, body, "application/json", headers=headers).json() == {}


@pytest.mark.integration
def test_it_asks_telegram_and_shows_in_the_message_who_took_it(message, bot_api, monkeypatch):
    monkeypatch.setenv("TOKEN_OF_TESTS", TOKEN)
    channel = message.channel
    channel.server = bot_api.url
    channel.save()
    soon = NOW + FIRST_WAIT
    deliver_next(soon, pace=timedelta())
    shown = bot_api.chat.keyboards[1][0][0]["callback_data"]
    query = {"id": "7", "from": {"id": int(NUMBER)}, "data": shown}
    bot_api.updates.append(json.loads(json.dumps({"update_id": 41, "callback_query": query})))

    assert poll(bots()[0], -1, 0, lambda: soon) == 41
    deliver_next(soon, pace=timedelta())
    assert bot_api.chat.answers == [{"callback_query_id": "7", "text": "It is yours."}]
    assert "anna took it" in bot_api.chat.texts[1]
    assert bot_api.chat.keyboards[1][0][0]["text"] == "Give back"
