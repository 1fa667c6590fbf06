"""Sign-ins and sign-outs leave a trail: the flow is Django's, its signals tell us."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from fleet import clock
from fleet.people.audit import record
from fleet.people.models import AuditEvent


@receiver(user_logged_in)
def signed_in(user: AbstractBaseUser, **_: Any) -> None:
    record(AuditEvent.Kind.SIGNED_IN, user.get_username(), clock.now())


@receiver(user_logged_out)
def signed_out(user: AbstractBaseUser | None, **_: Any) -> None:
    if user is not None:
        record(AuditEvent.Kind.SIGNED_OUT, user.get_username(), clock.now())


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], **_: Any) -> None:
    """Keep the name only if it is one: people type their password in the wrong place."""
    name = str(credentials.get("username", ""))
    is_known = User.objects.filter(username=name).exists()
    record(AuditEvent.Kind.SIGN_IN_FAILED, name if is_known else "", clock.now())
