from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from fleet.api.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    """Tokens are made by `create_token`, which can show them; here they are seen and revoked."""

    list_display = ("name", "user", "scopes", "created_at", "expires_at", "last_used_at")
    fields = readonly_fields = list_display

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False
