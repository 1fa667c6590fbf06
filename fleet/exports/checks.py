"""System checks of the exporter's settings; fleet/checks.py has the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from fleet.exports import keys

EXPORTER, WEB = "fleet_collect", "fleet_web"


@register(Tags.security)
def check_keys(**_: object) -> list[CheckMessage]:
    """fleet.E010, fleet.E011: a wrong key would fail in the exporter, with a study in its hands."""
    given: dict[str, tuple[str, Callable[[], object]]] = {
        "fleet.E010": (settings.FLEET_EXPORT_KEY, lambda: keys.project_key("")),
        "fleet.E011": (settings.FLEET_EXPORT_SIGNING_KEY, keys.signer),
    }
    found: list[CheckMessage] = []
    for number, (value, use) in given.items():
        if not value:
            continue
        try:
            use()
        except ImproperlyConfigured as error:
            found.append(Error(str(error), hint="docs/operations.md has the commands.", id=number))
    return found


@register(Tags.security)
def check_masks(**_: object) -> list[CheckMessage]:
    """fleet.E012: with a table that cannot be read, text would stay in images, or none leave."""
    if not settings.FLEET_EXPORT_MASKS:
        return []
    # What reads images is big, and the web process has no use for it.
    from fleet.exports.cleaning import configured_masks
    from fleet.exports.masks import MasksRefused

    try:
        configured_masks()
    except MasksRefused as error:
        return [Error(str(error), hint="docs/operations.md has the format.", id="fleet.E012")]
    return []


@register(Tags.database)
def check_export_settings(
    databases: Sequence[str] | None = None, **_: object
) -> list[CheckMessage]:
    """fleet.W006, fleet.W007: somebody may ask for studies that then nobody can fetch or take."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('exports_studysource') IS NOT NULL, current_user")
        is_migrated, role = cursor.fetchone()
        if not is_migrated:
            return []
        cursor.execute("SELECT EXISTS (SELECT FROM exports_studysource WHERE is_enabled)")
        if not cursor.fetchone()[0]:
            return []
    has_keys = settings.FLEET_EXPORT_KEY and settings.FLEET_EXPORT_SIGNING_KEY
    if role == WEB and not settings.FLEET_EXPORT_DIR:
        return [
            checks.Warning(
                "Regions have study sources, but the web process has no FLEET_EXPORT_DIR: nobody"
                " can look studies through, or download them.",
                hint="Set it to the exporter's folder.",
                id="fleet.W006",
            )
        ]
    if role == EXPORTER and settings.FLEET_EXPORT_DIR and not has_keys:
        return [
            checks.Warning(
                "Regions have study sources, but FLEET_EXPORT_KEY or FLEET_EXPORT_SIGNING_KEY is"
                " missing beside FLEET_EXPORT_DIR: the exporter does not start so.",
                hint="Set all three for the exporter, and none for other workers.",
                id="fleet.W007",
            )
        ]
    return []
