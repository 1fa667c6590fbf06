"""Sign-ins and sign-outs leave a trail: the flow is Django's, its signals tell us."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from fleet import clock
from fleet.people.audit import record
from fleet.people.models import AuditEvent
from fleet.people.sessions import begin


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: AbstractBaseUser, **_: Any) -> None:
    now = clock.now()
    begin(request.session, now)
    record(AuditEvent.Kind.SIGNED_IN, user.get_username(), now, detail=_where(request))


@receiver(user_logged_out)
def signed_out(user: AbstractBaseUser | None, **_: Any) -> None:
    if user is not None:
        record(AuditEvent.Kind.SIGNED_OUT, user.get_username(), clock.now())


@receiver(user_login_failed)
def sign_in_failed(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """Keep the name only if it is one: people type their password in the wrong place."""
    name = str(credentials.get("username", ""))
    is_known = User.objects.filter(username=name).exists()
    record(
        AuditEvent.Kind.SIGN_IN_FAILED,
        name if is_known else "",
        clock.now(),
        detail=_where(request) if request else "",
    )


@receiver(authentication_failed)
def second_step_failed(user: AbstractBaseUser, **_: Any) -> None:
    name = user.get_username()
    record(AuditEvent.Kind.SIGN_IN_FAILED, name, clock.now(), detail="second step")


@receiver([authenticator_added, authenticator_removed])
def second_step_changed(user: AbstractBaseUser, authenticator: Any, signal: Any, **_: Any) -> None:
    deed = "added" if signal is authenticator_added else "deleted"
    _configured(user, f"{deed}: second step {authenticator.type}")


@receiver(password_changed)
def own_password_changed(user: AbstractBaseUser, **_: Any) -> None:
    _configured(user, "changed: own password")


def _configured(user: AbstractBaseUser, subject: str) -> None:
    record(AuditEvent.Kind.CONFIGURED, user.get_username(), clock.now(), subject=subject)


def _where(request: HttpRequest) -> str:
    """Return from which address somebody came: the proxy's say counts where it is trusted."""
    return f"from {get_client_ip(request) or 'an unknown address'}"
