"""Django's permissions, which its admin asks for, from the role."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from fleet.people.models import Role
from fleet.people.rights import may_act_as


class RolePermissions(BaseBackend):
    """An administrator may do everything in the admin; nobody else is let in there."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:  # noqa: ARG002
        return user_obj.is_active and may_act_as(user_obj, Role.ADMIN)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:  # noqa: ARG002
        return user_obj.is_active and may_act_as(user_obj, Role.ADMIN)
