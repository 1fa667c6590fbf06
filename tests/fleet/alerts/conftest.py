"""A chat on loopback for the tests of messages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rig.bot_api import BotApi


@pytest.fixture
def bot_api() -> Iterator[BotApi]:
    api = BotApi()
    yield api
    api.stop()
