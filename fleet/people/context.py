"""What every page knows of who reads it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from fleet.people.rights import person_of


def person(request: HttpRequest) -> dict[str, object]:
    """Return the person, or None for a stranger, and whom to ask for help."""
    account = getattr(request, "user", None)
    return {
        "person": person_of(account) if account is not None else None,
        "contact": settings.FLEET_CONTACT,
    }
