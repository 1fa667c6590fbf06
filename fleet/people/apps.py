from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class PeopleConfig(AppConfig):
    name = "fleet.people"
    label = "people"
    default = True

    def ready(self) -> None:
        from fleet.people import signins  # noqa: F401 (connects the receivers)


class FleetAdminConfig(admin.AdminConfig):
    """Django's admin, with our site in the place of its own."""

    default = False
    default_site = "fleet.people.site.FleetSite"
