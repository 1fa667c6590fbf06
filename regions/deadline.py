"""A hard end for work on a connection whose peer may have gone mute."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from regions.failures import Failure
from regions.models.collection import FailureKind


@contextmanager
def hard_deadline(
    connection: psycopg.Connection[Any], seconds: float, doing: str
) -> Iterator[None]:
    """Shut the connection's socket when the block takes longer, and raise Failure(TIMEOUT).

    A cancel request would travel the same dead way, and libpq waits without end; a socket that is
    shut ends the wait at once. The connection is of no use afterwards.
    """
    wire = socket.socket(fileno=os.dup(connection.fileno()))
    is_cut = threading.Event()

    def cut() -> None:
        is_cut.set()
        wire.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except psycopg.OperationalError as error:
        if is_cut.is_set():
            raise Failure(
                FailureKind.TIMEOUT, f"No answer within {seconds:.0f} s while {doing}."
            ) from error
        raise
    finally:
        timer.cancel()
        timer.join()
        wire.close()
