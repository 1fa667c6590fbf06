"""What every page knows of exports: how many wait for who reads it."""

from __future__ import annotations

from django.http import HttpRequest

from fleet.exports.rights import waiting_for


def waiting(request: HttpRequest) -> dict[str, object]:
    """Return a function, so that what is no whole page asks nothing."""
    account = getattr(request, "user", None)
    return {"n_waiting_exports": lambda: waiting_for(account).count() if account else 0}
