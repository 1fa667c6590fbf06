from __future__ import annotations

from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from fleet.demo.valkey import Valkey

pytestmark = pytest.mark.integration


def test_it_keeps_a_value(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.set("word", "kept")

        assert client.get("word") == b"kept"


def test_it_asks_for_the_password(valkey: Valkey) -> None:
    once = Retry(NoBackoff(), 0)
    client = redis.Redis(port=valkey.port, retry=once)
    with client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_it_starts_again_at_the_same_address(server_folder: Path) -> None:
    server = Valkey(server_folder / "valkey")
    server.start()
    server.stop()
    server.start()

    try:
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
    finally:
        server.stop()
