"""What every page knows of exports: how many wait for who reads it."""

from __future__ import annotations

from django.http import HttpRequest

from fleet.exports.models_sources import ExportRight
from fleet.exports.rights import waiting_for
from fleet.people.rights import Account


def waiting(request: HttpRequest) -> dict[str, object]:
    """Return a function, so that what is no whole page asks nothing."""
    account = getattr(request, "user", None)
    return {"n_waiting_exports": lambda: _n_waiting(account) if account else 0}


def _n_waiting(account: Account) -> int:
    # Most people decide about nothing, and every page asks: this is a tenth of the question below.
    if not ExportRight.objects.filter(person=account.pk).exists():
        return 0
    return waiting_for(account).count()
