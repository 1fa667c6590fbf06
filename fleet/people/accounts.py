"""How allauth signs people in here: its sentences, its secrets, and who may come by OIDC."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from fleet import clock
from fleet.people.audit import record
from fleet.people.models import AuditEvent
from regions.credentials import reveal, seal

# allauth thanks for coming and going; the page says as much.
SMALL_TALK = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # not typed
    """Accounts are made by an administrator, never by who wants one."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _(
            "The username or the password is wrong. Capital letters count in both."
        ),
        "too_many_login_attempts": _(
            "Too many failed attempts: this name is locked for five minutes. Then try again, or "
            "ask an administrator for a new password."
        ),
        "rate_limited": _("Too many attempts. Wait five minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        return reverse("me")

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if message_template not in SMALL_TALK:
            super().add_message(request, level, message_template, *args, **kwargs)


class SecondSteps(DefaultMFAAdapter):  # type: ignore[misc]  # not typed
    """Secrets of authenticator apps and recovery codes are kept sealed."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return reveal(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        name: str = user.get_username()
        return name


class Identities(DefaultSocialAccountAdapter):  # type: ignore[misc]  # not typed
    """Whom the organisation's provider lets in gets an account without a role."""

    def is_open_for_signup(
        self,
        request: HttpRequest,  # noqa: ARG002
        sociallogin: Any,  # noqa: ARG002
    ) -> bool:
        return True

    def on_authentication_error(
        self,
        request: HttpRequest,  # noqa: ARG002
        provider: Any,  # noqa: ARG002
        error: Any = None,
        exception: Any = None,  # noqa: ARG002
        extra_context: Any = None,  # noqa: ARG002
    ) -> None:
        record(AuditEvent.Kind.SIGN_IN_FAILED, "", clock.now(), detail=f"OpenID Connect: {error}")
