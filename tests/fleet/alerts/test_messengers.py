"""Apprise and the console; what an administrator sees of a messenger."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fleet.alerts.delivery import deliver_next
from fleet.alerts.lifecycle import acknowledge, find, resolve
from fleet.alerts.messengers import messenger_of
from fleet.alerts.messengers.messenger import Gone, Passing, Text
from fleet.alerts.models import Channel, Message
from fleet.alerts.outbox import FIRST_WAIT
from fleet.people.models import Role
from tests.builders import NOW, make_channel, make_person, make_region
from tests.fleet.alerts.test_lifecycle import saw

pytestmark = [pytest.mark.django_db, pytest.mark.integration]
SOON = NOW + FIRST_WAIT


class Inbox:
    """What a service that Apprise knows was sent."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.status = 200
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                inbox.bodies.append(self.rfile.read(size).decode())
                self.send_response(inbox.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    found = Inbox()
    monkeypatch.setenv("URL_OF_TESTS", f"json://127.0.0.1:{found.server.server_port}/")
    make_channel("any", "apprise", credential="env:URL_OF_TESTS")
    yield found
    found.server.shutdown()
    found.server.server_close()


def drain() -> None:
    while deliver_next(SOON, pace=timedelta()):
        pass


def test_it_tells_by_apprise_of_beginning_and_end_only(inbox):
    alert, person = find(saw(make_region()), NOW), make_person()
    drain()
    acknowledge(alert.pk, person, SOON)
    drain()
    resolve(alert.pk, person, "The cable.", SOON)
    drain()

    first, last = inbox.bodies
    assert "FAILING" in first
    assert "It is over" in last
    assert Message.objects.get().state == "confirmed"


def test_it_tries_apprise_again(inbox):
    inbox.status = 500
    with pytest.raises(Passing):
        messenger_of(Channel.objects.get()).send(Text("one\ntwo"), "key", is_silent=True)


@pytest.mark.parametrize("url", ["", "nothing", "nosuchservice://x"])
def test_it_refuses_a_url_that_apprise_does_not_know(monkeypatch, url):
    monkeypatch.setenv("URL_OF_TESTS", url)
    channel = make_channel("any", "apprise", credential="env:URL_OF_TESTS")

    with pytest.raises(Gone):
        messenger_of(channel).send(Text("one"), "key", is_silent=True)


def test_it_disables_a_channel_whose_credential_cannot_be_read():
    make_channel("chat", "telegram", credential="env:NOT_SET_ANYWHERE")
    find(saw(make_region()), NOW)
    drain()

    assert "NOT_SET_ANYWHERE" in Channel.objects.get().disabled_reason


def test_it_writes_to_the_console(capsys):
    make_channel()
    find(saw(make_region()), NOW)
    drain()

    assert "■ FAILING · Tver" in capsys.readouterr().err


def test_it_writes_the_consoles_messages_into_a_file(settings, tmp_path):
    settings.FLEET_CONSOLE_FILE = str(tmp_path / "messages.txt")
    make_channel()
    find(saw(make_region()), NOW)
    drain()

    assert "■ FAILING · Tver" in (tmp_path / "messages.txt").read_text()


def test_it_keeps_a_messengers_secret_sealed(client):
    client.force_login(make_person("boss", Role.ADMIN))
    form = {
        "name": "chat", "kind": "console", "position": "1", "is_enabled": "on", "language": "en",
        "time_zone": "UTC", "credential": "a plain secret",
    }  # fmt: skip
    assert client.post("/admin/alerts/channel/add/", form).status_code == 302
    channel = Channel.objects.get()
    assert channel.credential.startswith("sealed:")

    page = client.get(f"/admin/alerts/channel/{channel.pk}/change/").content.decode()
    assert "a plain secret" not in page
    assert channel.credential not in page
