"""Deliverers die at any moment, and people read everything, once, and in the end what is true."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pytest

from fleet.alerts.lifecycle import acknowledge, find, resolve
from fleet.alerts.messages import text_of
from fleet.alerts.models import Alert, Message
from fleet.clock import now
from tests.builders import make_channel, make_daily, make_person, make_region
from tests.fleet.alerts.test_lifecycle import saw
from tests.rig.bot_api import TOKEN, BotApi
from tests.rig.deliverer import Deliverer

pytestmark = [pytest.mark.integration, pytest.mark.slow]
N_KILLS = 30
WITHIN_S = 60


@pytest.fixture
def deliverers(
    transactional_db: None, server_folder: Path, bot_api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Deliverer]]:
    """Two at once, with a chat that takes its time."""
    monkeypatch.setenv("TOKEN_OF_TESTS", TOKEN)
    make_channel("chat", "telegram", server=bot_api.url, credential="env:TOKEN_OF_TESTS")
    bot_api.takes_s = 0.015
    made = [Deliverer(server_folder, number) for number in range(2)]
    for one in made:
        one.start()
    yield made
    for one in made:
        one.stop()


def open_alert(n: int) -> Alert:
    """Open an alert long before or after the others, so that no alert of the fleet hides them."""
    at = now() - timedelta(days=3) + n * timedelta(hours=1)
    region = make_region(f"r{n}")
    if n % 2:
        # What can be drawn is sent as a picture.
        make_daily(region, at.astimezone(region.zone).date())
    alert = find(saw(region, at=at), at)
    assert alert is not None
    return alert


def live(deliverers: list[Deliverer], chat: BotApi) -> None:
    """Let alerts open, be taken and end, and kill a deliverer after each step."""
    rng, person = random.Random(7), make_person()
    for n in range(N_KILLS):
        alert = open_alert(n)
        if n % 2:
            acknowledge(alert.pk, person, now())
        if n % 3 == 0 and n:
            resolve(Alert.objects.get(region__code=f"r{n - 1}").pk, person, "The cable.", now())
        if n % 10 == 5:
            chat.faults.extend(["lost", 429, 500][n // 10 : n // 10 + 1])
        time.sleep(rng.uniform(0, 0.12))
        with contextlib.suppress(ProcessLookupError):
            os.kill(rng.choice(deliverers).pid(), signal.SIGKILL)


def await_rest() -> None:
    deadline = time.monotonic() + WITHIN_S
    while Message.objects.filter(state="waiting").exists():
        assert time.monotonic() < deadline, "messages still wait"
        time.sleep(0.1)


def test_it_loses_nothing_and_repeats_at_most_what_was_not_confirmed(deliverers, bot_api):
    live(deliverers, bot_api)
    await_rest()
    first = [one for one in bot_api.chat.sent if "reply_parameters" not in one]
    sends = Counter(int(re.findall(r"#(\d+)", one["text"])[-1]) for one in first)

    assert set(sends) == set(Alert.objects.values_list("pk", flat=True))
    assert len(first) - len(sends) <= N_KILLS
    done: dict[int, float] = {}
    for message_id, at in sorted(chain(*(one.delivered() for one in deliverers))):
        done.setdefault(Message.objects.get(pk=message_id).alert_id, at)
    late = [one for one in first if one["at"] > done.get(int(one["text"].split("#")[-1]), 1e99)]
    told = {message.pk: text_of(message).body for message in Message.objects.all()}
    shown = {one.pk: bot_api.chat.texts[int(one.remote_id)] for one in Message.objects.all()}

    # Every second alert can be drawn; what was tried too often goes without its picture.
    assert len(bot_api.chat.pictures) >= N_KILLS // 3
    assert late == []
    assert shown == told
