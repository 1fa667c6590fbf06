"""Study sources, export policies and rights in Django's admin, and the trail to read."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from fleet.exports.models_events import ExportEvent
from fleet.exports.models_sources import ExportPolicy, ExportRight, StudySource
from fleet.people.admin import TrailAdmin
from regions.admin import SecretField, SecretForm


class SourceForm(SecretForm):
    secrets = optional_secrets = ("password",)
    password = SecretField(label=gettext_lazy("password"))

    class Meta:
        model = StudySource
        fields = ("region", "position", *StudySource.DESCRIBED_BY)


@admin.register(StudySource)
class StudySourceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    form = SourceForm
    list_display = ("region", "position", "kind", "host", "port", "lookup", "is_enabled")
    list_display_links = ("region", "position")
    list_filter = ("kind", "is_enabled")
    list_select_related = ("region",)


@admin.register(ExportPolicy)
class ExportPolicyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    list_display = ("region", "is_allowed", "needs_approval", "window_begins", "window_ends")
    list_filter = ("is_allowed", "needs_approval")
    list_select_related = ("region",)


@admin.register(ExportRight)
class ExportRightAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    list_display = ("person", "deed", "where")
    list_filter = ("deed", "region")
    list_select_related = ("person__user", "region")

    @admin.display(description=gettext_lazy("region"), ordering="region")
    def where(self, right: ExportRight) -> str:
        return right.region.name if right.region else str(gettext_lazy("all that they see"))


@admin.register(ExportEvent)
class ExportEventAdmin(TrailAdmin):
    list_display = ("at", "kind", "username", "region_code", "export_id", "study_ref", "detail")
    list_filter = ("kind", "at")
    search_fields = ("username", "region_code", "study_ref")
