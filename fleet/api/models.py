"""Tokens of the read API. Only a token's SHA-256 is kept, so that nobody can read one back."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _

# Knowing the minute is enough, and spares a write at each request.
USE_IS_NOTED_EVERY = timedelta(minutes=1)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class ApiToken(models.Model):
    """One person's key to the API, good until it expires."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100, help_text=_("What uses the token."))
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.UniqueConstraint(fields=("user", "name"), name="one_token_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.name}"

    @classmethod
    def create(cls, user: User, name: str, now: datetime, lifetime: timedelta) -> str:
        """Make a token and return it: the only time that it can be seen."""
        token = f"fleet_{secrets.token_urlsafe(32)}"
        cls.objects.create(
            user=user, name=name, sha256=digest(token), created_at=now, expires_at=now + lifetime
        )
        return token

    @classmethod
    def bearer(cls, token: str, now: datetime) -> User | None:
        """Return the active user whose token this is and note its use; None if it is not good."""
        found = (
            cls.objects.select_related("user")
            .filter(sha256=digest(token), expires_at__gt=now, user__is_active=True)
            .first()
        )
        if found is None:
            return None
        if found.last_used_at is None or now - found.last_used_at >= USE_IS_NOTED_EVERY:
            cls.objects.filter(pk=found.pk).update(last_used_at=now)
        return found.user
