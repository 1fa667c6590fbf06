"""The union views: all regions that answered, as one relation, with the coverage beside them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from regions.contract import VIEWS
from regions.foreign_server import COLLECTING_ROLE, administering_connection, view_columns
from regions.models import Region, UnionCoverage

READING_ROLE = "fleet_adhoc"


def rebuild_union(now: datetime, *, is_forced: bool = False) -> str:
    """Rebuild the views when another set of regions answers, and return what was done.

    A region is in while its last collection succeeded and its foreign tables exist. The views
    belong to the collecting role, whose user mappings they use, so that the ad-hoc role reads
    through them without a mapping of its own.
    """
    reasons = {region.pk: (region, why_not(region)) for region in _regions()}
    with administering_connection() as admin:
        admin.execute("SELECT pg_advisory_xact_lock(hashtext('fleet.union'))")
        existing = {row[0] for row in admin.execute("SELECT srvname FROM pg_foreign_server")}
        included = [
            region
            for region, reason in reasons.values()
            if not reason and region.foreign_schema in existing
        ]
        if not is_forced and _is_current(admin, included):
            _record(reasons, included, now)
            return "The union views are current."
        for view, columns in view_columns(admin).items():
            _replace_view(admin, view, [name for name, _kind in columns], included)
    _record(reasons, included, now)
    return f"The union views hold {len(included)} of {len(reasons)} regions."


def why_not(region: Region) -> str:
    """Return why the region cannot be in the union views, or nothing."""
    status = getattr(region, "status", None)
    if not region.is_active:
        return "The region is switched off."
    if status is None or status.last_attempt_at is None:
        return "The region has never been collected."
    return str(status.sentence)


def _regions() -> list[Region]:
    return list(Region.objects.select_related("status").order_by("code"))


def _is_current(admin: psycopg.Connection[Any], included: list[Region]) -> bool:
    """Whether each view exists and reads just the included regions' tables."""
    row = admin.execute(
        "SELECT count(DISTINCT v.oid), array_agg(DISTINCT n.nspname) FILTER ("
        "   WHERE f.relkind = 'f')"
        " FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid"
        " JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass"
        "   AND d.refclassid = 'pg_class'::regclass"
        " JOIN pg_class f ON f.oid = d.refobjid JOIN pg_namespace n ON n.oid = f.relnamespace"
        " WHERE v.relnamespace = 'fleet'::regnamespace AND v.relname = ANY (%s)",
        ([f"union_{view}" for view in VIEWS],),
    ).fetchone()
    n_views, schemas = row or (0, None)
    wanted = {region.foreign_schema for region in included}
    return n_views == len(VIEWS) and set(schemas or ()) == wanted


def _replace_view(
    admin: psycopg.Connection[Any], view: str, columns: list[str], included: list[Region]
) -> None:
    """Write plain arms with a constant region_code, so that a filter on it prunes the others.

    The first arm is our own empty copy of the contract: it names and types the columns.
    """
    name = sql.Identifier("fleet", f"union_{view}")
    others = sql.SQL(", ").join(sql.Identifier(c) for c in columns if c != "region_code")
    arms = [
        sql.SQL("SELECT NULL::text AS region_code, {} FROM {} WHERE false").format(
            others, sql.Identifier("fleet_contract", view)
        )
    ] + [
        sql.SQL("SELECT {}::text AS region_code, {} FROM {}").format(
            sql.Literal(region.code), others, sql.Identifier(region.foreign_schema, view)
        )
        for region in included
    ]
    admin.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(name))
    admin.execute(sql.SQL("CREATE VIEW {} AS {}").format(name, sql.SQL(" UNION ALL ").join(arms)))
    admin.execute(
        sql.SQL("ALTER VIEW {} OWNER TO {}").format(name, sql.Identifier(COLLECTING_ROLE))
    )
    admin.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(name, sql.Identifier(READING_ROLE)))


def _record(reasons: dict[int, tuple[Region, str]], included: list[Region], now: datetime) -> None:
    """Write the coverage where it changed."""
    known = UnionCoverage.objects.in_bulk()
    for pk, (region, reason) in reasons.items():
        is_included = region in included
        text = "" if is_included else reason or "Its foreign tables are being made."
        row = known.get(pk)
        if row is None or (row.is_included, row.reason) != (is_included, text):
            since = row.since if row and row.is_included == is_included else now
            UnionCoverage.objects.update_or_create(
                region=region,
                defaults={"is_included": is_included, "reason": text, "since": since},
            )
