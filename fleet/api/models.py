"""Tokens of the read API. Only a token's SHA-256 is kept, so that nobody can read one back."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

# Knowing the minute is enough, and spares a write at each request.
USE_IS_NOTED_EVERY = timedelta(minutes=1)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Scope(models.TextChoices):
    """What a token opens."""

    READ = "read", _("the read API")
    METRICS = "metrics", _("the metrics for Prometheus")
    ALERTS = "alerts", _("taking, giving back, silencing and resolving alerts")
    EXPORT = "export", _("asking for studies, deciding about requests, and taking packages")


class ApiToken(models.Model):
    """One person's key to the API, good until it expires. It shows what its owner may see."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100, help_text=_("What uses the token."))
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
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
    def create(
        cls,
        user: User,
        name: str,
        now: datetime,
        lifetime: timedelta,
        scopes: Iterable[Scope] = (Scope.READ,),
    ) -> str:
        """Make a token and return it: the only time that it can be seen."""
        token = f"fleet_{secrets.token_urlsafe(32)}"
        cls.objects.create(
            user=user,
            name=name,
            scopes=list(scopes),
            sha256=digest(token),
            created_at=now,
            expires_at=now + lifetime,
        )
        return token

    @classmethod
    def good(cls, token: str, now: datetime) -> Self | None:
        """Return the good token of an active user and note its use; None if it is not good."""
        found = (
            cls.objects.select_related("user")
            .filter(sha256=digest(token), expires_at__gt=now, user__is_active=True)
            .first()
        )
        if found is None:
            return None
        if found.last_used_at is None or now - found.last_used_at >= USE_IS_NOTED_EVERY:
            cls.objects.filter(pk=found.pk).update(last_used_at=now)
        return found
