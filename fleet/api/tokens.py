"""Make and revoke a person's own tokens, with a row of the audit trail for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.api.models import ApiToken, Scope
from fleet.people.audit import record
from fleet.people.models import AuditEvent

MOST_TOKENS = 20
MOST_DAYS = 3650


class BadToken(ValueError):
    """The sentence says what to mend."""


def make_token(user: User, name: str, now: datetime, days: int, scopes: Sequence[Scope]) -> str:
    """Make a token and return it: the only time that it can be seen. Raises BadToken."""
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise BadToken(_("Write a name of 1 to 100 characters: what uses the token."))
    if not 1 <= days <= MOST_DAYS:
        raise BadToken(_("Write for how many days it lasts: from 1 to 3650."))
    if not scopes:
        raise BadToken(_("Choose what the token opens."))
    with transaction.atomic():
        # One at a time for each person, so that two forms together do not pass the limit.
        User.objects.select_for_update().get(pk=user.pk)
        # Who renews a token keeps its name.
        ApiToken.objects.filter(user=user, name=name, expires_at__lte=now).delete()
        _check_room(user, name)
        token = ApiToken.create(user, name, now, timedelta(days=days), scopes)
        record(
            AuditEvent.Kind.TOKEN_MADE,
            user.get_username(),
            now,
            subject=name,
            detail=f"{' '.join(scopes)} {days} d",
        )
    return token


def revoke_token(user: User, token_id: int, now: datetime) -> str:
    """End one of the person's own tokens and return its name; nothing when there is none."""
    with transaction.atomic():
        found = ApiToken.objects.select_for_update().filter(user=user, pk=token_id).first()
        if found is None:
            return ""
        found.delete()
        record(AuditEvent.Kind.TOKEN_REVOKED, user.get_username(), now, subject=found.name)
    return found.name


def _check_room(user: User, name: str) -> None:
    tokens = ApiToken.objects.filter(user=user)
    if tokens.filter(name=name).exists():
        raise BadToken(
            _("There is a token named “%(name)s”: choose another name, or revoke it.")
            % {"name": name}
        )
    if tokens.count() >= MOST_TOKENS:
        raise BadToken(
            ngettext(
                "There is %(count)s token, the most for a person. Revoke one first.",
                "There are %(count)s tokens, the most for a person. Revoke one first.",
                MOST_TOKENS,
            )
            % {"count": MOST_TOKENS}
        )
