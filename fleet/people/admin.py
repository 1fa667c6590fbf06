"""People with their roles and regions, and the audit trail, in Django's admin."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fleet.people.models import AuditEvent, Person, Role


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # plain at run time
    """A new account has no role until one is chosen."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=[("", "—"), *Role.choices], initial=""
    )

    class Meta:
        model = Person
        fields = ("role", "sees_all_regions", "regions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial["role"] = ""


class PersonInline(admin.StackedInline):  # type: ignore[type-arg]  # plain at run time
    model = Person
    form = PersonForm
    filter_horizontal = ("regions",)
    verbose_name = gettext_lazy("Role and regions")


class AccountAdmin(UserAdmin):  # type: ignore[type-arg]  # plain at run time
    """An account with the role and the regions of its person, in place of Django's permissions."""

    inlines = (PersonInline,)
    list_display = ("username", "first_name", "last_name", "role", "is_active", "last_login")
    list_filter = ("person__role", "is_active")
    list_select_related = ("person",)
    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        (gettext_lazy("Name"), {"fields": ("first_name", "last_name", "email")}),
        (gettext_lazy("Use"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    @admin.display(description=gettext_lazy("role"))
    def role(self, user: User) -> str:
        person: Person | None = getattr(user, "person", None)
        if person is None:
            return _("superuser") if user.is_superuser else "—"
        return person.get_role_display()


# What allauth registers beside the second steps, which an administrator takes from who lost them.
UNUSED = (Group, EmailAddress, SocialAccount, SocialApp, SocialToken)
admin.site.unregister((User, Authenticator, *UNUSED))
admin.site.register(User, AccountAdmin)


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    """Deleted for a person who lost it; its secret is not shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = readonly_fields = list_display

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False


class TrailAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    """To be read and searched only: nobody edits what happened."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: models.Model | None = None,  # noqa: ARG002
    ) -> bool:
        return False

    def has_delete_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: models.Model | None = None,  # noqa: ARG002
    ) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(TrailAdmin):
    list_display = ("at", "kind", "username", "region_code", "subject", "detail")
    list_filter = ("kind", "at")
    search_fields = ("username", "region_code", "subject")
