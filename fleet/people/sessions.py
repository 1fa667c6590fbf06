"""A session slides on while it is used, and ends for good after a week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase

from fleet import clock

LONGEST = timedelta(days=7)
# Moving the end on is a write; nobody needs it at each request.
NOTED_EVERY = timedelta(minutes=10)

Answer = Callable[[HttpRequest], HttpResponseBase]


def limit_sessions(get_response: Answer) -> Answer:
    """Return the middleware."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        # A request without a session cookie asks the database nothing here.
        if request.session.session_key and request.user.is_authenticated:
            _limit(request, clock.now().timestamp())
        return get_response(request)

    return answer


def begin(session: SessionBase, now: datetime) -> None:
    """Start the clocks of a session whose person has just logged in."""
    session["began"] = session["seen"] = now.timestamp()


def _limit(request: HttpRequest, now: float) -> None:
    session = request.session
    if now - session.get("began", 0) > LONGEST.total_seconds():
        logout(request)
    elif now - session["seen"] > NOTED_EVERY.total_seconds():
        session["seen"] = now
