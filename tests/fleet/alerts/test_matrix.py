"""Alerts in a room of a real server of Matrix, read by a second person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from fleet.alerts.delivery import claim, deliver_next
from fleet.alerts.lifecycle import acknowledge, find, resolve
from fleet.alerts.models import Channel, Message
from fleet.alerts.outbox import FIRST_WAIT
from tests.builders import NOW, TODAY, make_channel, make_daily, make_person, make_region
from tests.fleet.alerts.test_lifecycle import saw
from tests.rig.synapse import Account, Synapse, install

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.timeout(600),
]
SOON = NOW + FIRST_WAIT


@pytest.fixture(scope="module")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    if not install():
        pytest.skip("NOT TESTED: bin/install-synapse build/synapse")
    server = Synapse(Path(tmp_path_factory.mktemp("synapse")))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def accounts(synapse: Synapse) -> tuple[Account, Account]:
    """The bot and a reader."""
    return synapse.register("bot"), synapse.register("anna")


@pytest.fixture
def room(
    synapse: Synapse, accounts: tuple[Account, Account], monkeypatch: pytest.MonkeyPatch, db: None
) -> str:
    bot, reader = accounts
    monkeypatch.setenv("TOKEN_OF_TESTS", bot.token)
    room = bot.make_room()
    reader.join(room)
    make_channel(
        "room", "matrix", server=synapse.url, address=room, credential="env:TOKEN_OF_TESTS"
    )
    find(saw(make_region()), NOW)
    return room


def deliver() -> None:
    while deliver_next(SOON, pace=timedelta()):
        pass


def test_it_opens_one_room_for_the_demo_and_its_reader(synapse):
    room, again = synapse.room("oncall", "secret"), synapse.room("oncall", "secret")

    assert room == again
    assert Account(synapse.url, room.token).messages(room.address) == []


def test_it_copies_what_the_room_takes_into_the_file(room, accounts, settings, tmp_path):
    settings.FLEET_CONSOLE_FILE = str(tmp_path / "messages.txt")
    deliver()

    (said,) = accounts[1].messages(room)
    assert said["content"]["body"] in (tmp_path / "messages.txt").read_text()


def test_it_tells_changes_and_ends_an_alert(room, accounts):
    deliver()
    (alert,) = [one.alert for one in Message.objects.all()]
    acknowledge(alert.pk, make_person("vera"), SOON)
    deliver()
    resolve(alert.pk, make_person("oleg"), "The cable.", SOON)
    deliver()
    first, taken, ended, reply = (one["content"] for one in accounts[1].messages(room))

    root = {"event_id": Message.objects.get().remote_id}
    assert first["body"].startswith("■ FAILING · Tver")
    assert taken["m.relates_to"] == ended["m.relates_to"] == {"rel_type": "m.replace", **root}
    assert "vera took it" in taken["m.new_content"]["body"]
    assert ended["m.new_content"]["body"].startswith("● RESOLVED · Tver")
    assert reply["m.relates_to"]["rel_type"] == "m.thread"
    assert [first["msgtype"], reply["msgtype"]] == ["m.text", "m.notice"]


def test_it_is_told_once_by_who_died_before_the_answer(room, accounts):
    message = claim(SOON, timedelta(), timedelta())
    deliver()
    sent = Message.objects.get()
    Message.objects.update(state="waiting", remote_id="", claimed_until=None, told=None)
    deliver()

    assert Message.objects.get().remote_id == sent.remote_id
    assert message.pk == sent.pk
    assert len(accounts[1].messages(room)) == 1


def test_it_disables_a_room_that_it_may_not_write_into(room, accounts):
    accounts[0].leave(room)
    deliver()

    assert "may not write into the room" in Channel.objects.get().disabled_reason


def test_it_disables_a_room_when_its_token_is_not_known(room, monkeypatch):
    monkeypatch.setenv("TOKEN_OF_TESTS", "syt_unknown")
    deliver()

    assert "access token" in Channel.objects.get().disabled_reason


def test_it_sends_a_picture_that_keeps_its_place_under_a_new_caption(room, accounts):
    (alert,) = [one.alert for one in Message.objects.all()]
    make_daily(alert.region, TODAY)
    deliver()
    acknowledge(alert.pk, make_person("vera"), SOON)
    deliver()
    first, taken = (one["content"] for one in accounts[1].messages(room))

    assert [first["msgtype"], taken["m.new_content"]["msgtype"]] == ["m.image", "m.image"]
    assert first["filename"] == "chart.png"
    assert first["body"].startswith("■ FAILING · Tver")
    assert "vera took it" in taken["m.new_content"]["body"]
    assert taken["m.new_content"]["url"] == first["url"]
    assert Image.open(BytesIO(accounts[1].picture(first["url"]))).size == (1200, 600)
