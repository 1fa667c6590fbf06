"""Who an account is, for Django: the account with its person, and what its role permits."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User

from fleet.people.models import Role
from fleet.people.rights import may_act_as


class AccountsWithPersons(AuthenticationBackend):  # type: ignore[misc]  # not typed
    """allauth's, but every page needs the person too: both come by one question."""

    def get_user(self, user_id: int) -> User | None:
        try:
            user = User.objects.select_related("person").get(pk=user_id)
        except User.DoesNotExist:
            return None
        return user if self.user_can_authenticate(user) else None


class RolePermissions(BaseBackend):
    """An administrator may do everything in the admin; nobody else is let in there."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:  # noqa: ARG002
        return user_obj.is_active and may_act_as(user_obj, Role.ADMIN)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:  # noqa: ARG002
        return user_obj.is_active and may_act_as(user_obj, Role.ADMIN)
