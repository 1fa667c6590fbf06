"""The collector's connections, one pair a region, kept warm between collections.

A foreign table's connection lives in a session of the center's PostgreSQL. Were sessions shared by
regions, each would in time hold a connection into every region; so a region has its own.
"""

from __future__ import annotations

import select
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections

from regions.blame import blame_connection
from regions.models import Region

CONNECT_TIMEOUT_S = 5
MAX_IDLE_S = 20 * 60

Endpoint = tuple[str, int]


class RegionSession:
    """`center` is our own PostgreSQL as the collecting role; `region` the region's, as the reader.

    Both are in autocommit; the collector opens transactions where it means them.
    """

    def __init__(self) -> None:
        params = connections["default"].settings_dict
        self.center: psycopg.Connection[Any] = psycopg.connect(
            host=params["HOST"],
            port=params["PORT"],
            dbname=params["NAME"],
            user=params["USER"],
            password=params["PASSWORD"],
            connect_timeout=CONNECT_TIMEOUT_S,
            autocommit=True,
            # To plan the collector's statements takes as long as to run them: once is enough.
            prepare_threshold=0,
            options="-c plan_cache_mode=force_generic_plan -c statement_timeout=60000",
        )
        # A region needs fewer; the plans of the one before give way, for they take memory.
        self.center.prepared_max = 24
        self.region: psycopg.Connection[Any] | None = None
        self.reached: tuple[Endpoint, str, str] | None = None
        # The foreign server's endpoint, database and login when this session last looked at it.
        self.server_made_of: tuple[Endpoint, str, str, str] | None = None
        self.idle_since = 0.0

    def reach(self, region: Region, endpoint: Endpoint, password: str) -> psycopg.Connection[Any]:
        """Return the direct connection, opened anew when it is closed or leads elsewhere.

        Raises Failure within CONNECT_TIMEOUT_S, whatever the peer does.
        """
        if self.region and self.is_at(region, endpoint, password):
            return self.region
        self.leave()
        host, port = endpoint
        try:
            self.region = psycopg.connect(
                host=host,
                port=port,
                dbname=region.database_name,
                user=region.database_user,
                password=password,
                connect_timeout=CONNECT_TIMEOUT_S,
                application_name="fleet",
                keepalives_idle=5,
                keepalives_interval=2,
                keepalives_count=3,
                tcp_user_timeout=10_000,
                autocommit=True,
                prepare_threshold=None,
            )
        except psycopg.OperationalError as error:
            raise blame_connection(error) from None
        self.reached = _identity(region, endpoint, password)
        return self.region

    def is_at(self, region: Region, endpoint: Endpoint, password: str) -> bool:
        """Whether the direct connection is open and leads there, as far as one sees from here."""
        is_open = self.region is not None and not is_ended(self.region)
        return is_open and self.reached == _identity(region, endpoint, password)

    def leave(self) -> None:
        """Close the direct connection."""
        if self.region:
            self.region.close()
        self.region = self.reached = None

    def disconnect(self) -> None:
        """Close both ways into the region."""
        self.leave()
        self.center.execute("SELECT postgres_fdw_disconnect_all()")

    def forget_region(self) -> None:
        """Close both ways into the region and trust nothing that was known of it."""
        self.server_made_of = None
        self.disconnect()

    def close(self) -> None:
        self.leave()
        self.center.close()


def is_ended(connection: psycopg.Connection[Any]) -> bool:
    """Whether an idle connection is closed: to read there is only a server's farewell."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _identity(region: Region, endpoint: Endpoint, password: str) -> tuple[Endpoint, str, str]:
    return endpoint, f"{region.database_user}@{region.database_name}", password


_idle: OrderedDict[int, RegionSession] = OrderedDict()
_lock = threading.Lock()


@contextmanager
def borrowed_session(region: Region) -> Iterator[RegionSession]:
    """Yield the region's warm session, or a new one; a session that saw an error is closed."""
    session = _take(region.pk) or RegionSession()
    try:
        yield session
    except BaseException:
        session.close()
        raise
    _put_back(region.pk, session)


def _take(region_id: int) -> RegionSession | None:
    """Return the region's idle session, or when there are enough the oldest of another region."""
    with _lock:
        session = _idle.pop(region_id, None)
        is_strange = session is None and len(_idle) >= settings.FLEET_WARM_SESSIONS
        if is_strange:
            session = _idle.popitem(last=False)[1]
    if session is None:
        return None
    try:
        if is_ended(session.center):
            raise psycopg.OperationalError
        if is_strange:
            session.forget_region()
    except psycopg.OperationalError:
        session.close()
        return None
    return session


def _put_back(region_id: int, session: RegionSession) -> None:
    session.idle_since = time.monotonic()
    with _lock:
        _idle[region_id] = session
        surplus = [
            _idle.popitem(last=False)[1] for _ in range(len(_idle) - settings.FLEET_WARM_SESSIONS)
        ]
        while _idle and next(iter(_idle.values())).idle_since < session.idle_since - MAX_IDLE_S:
            surplus.append(_idle.popitem(last=False)[1])
    for old in surplus:
        old.close()


def close_idle_sessions() -> None:
    """Close every warm session of this process."""
    with _lock:
        sessions = list(_idle.values())
        _idle.clear()
    for session in sessions:
        session.close()
