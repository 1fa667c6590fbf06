"""What every page knows of exports: how many wait for who reads it."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest

from fleet.exports.rights import waiting_for
from fleet.people.rights import Account

# In SQL: Django takes longer to word it than to ask it.
_HAS_RIGHTS = "SELECT EXISTS (SELECT FROM exports_exportright WHERE person_id = %s)"


def waiting(request: HttpRequest) -> dict[str, object]:
    """Return a function, so that what is no whole page asks nothing."""
    account = getattr(request, "user", None)
    return {"n_waiting_exports": lambda: _n_waiting(account) if account else 0}


def _n_waiting(account: Account) -> int:
    # Most people decide about nothing, and every page asks: the question below takes far longer.
    with connection.cursor() as cursor:
        cursor.execute(_HAS_RIGHTS, [account.pk])
        if not cursor.fetchone()[0]:
            return 0
    return waiting_for(account).count()
