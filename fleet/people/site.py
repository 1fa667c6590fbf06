"""Django's admin as Fleet uses it: for administrators only, and every change leaves a trail."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from fleet import clock
from fleet.people.audit import record
from fleet.people.models import AuditEvent, Role
from fleet.people.rights import may_act_as, why_not
from regions.models import Region


class Audited(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    """Adds the audit row to each entry that Django's own log gets: in the same transaction."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _record(request, "added", obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _record(request, "changed", obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            _record(request, "deleted", obj, "")
        return super().log_deletions(request, queryset)


class FleetSite(admin.AdminSite):
    """Who may enter depends on the role alone; the login page is the one with the rate limit."""

    site_title = "Fleet"
    site_header = _("Fleet: configuration")
    index_title = _("Configuration")

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[admin.ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Register as Django does, with the audit trail before the class's own methods."""
        plain = admin_class or admin.ModelAdmin
        audited = type(plain.__name__, (Audited, plain), {"__module__": plain.__module__})
        super().register(model_or_iterable, audited, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return may_act_as(request.user, Role.ADMIN)

    def login(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied(why_not(request.user, Role.ADMIN))
        return redirect_to_login(request.GET.get("next") or request.get_full_path())

    def password_change(  # type: ignore[override]  # typed too narrowly there
        self,
        request: HttpRequest,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Lead to the page whose changes are limited and written down."""
        return redirect("account_change_password")


def _record(request: HttpRequest, deed: str, obj: Model, message: Any) -> None:
    """Write who did what to which row; of a change the names of the fields, never their values."""
    region = getattr(obj, "region", obj)
    with override("en"):
        text = message if isinstance(message, str) else json.dumps(message)
        record(
            AuditEvent.Kind.CONFIGURED,
            request.user.get_username(),
            clock.now(),
            region_code=region.code if isinstance(region, Region) else "",
            subject=f"{deed}: {obj._meta.verbose_name} {obj}",
            detail=LogEntry(change_message=text).get_change_message(),
        )
