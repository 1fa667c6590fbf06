"""Find a study in its region, or say truly why it is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.exports.contract import StudyRow, Told, ask_region
from fleet.exports.models import ExportedStudy
from fleet.exports.models_sources import StudySource
from fleet.exports.moving import Ended
from fleet.exports.queueing import policy_of
from fleet.exports.sources import open_way
from fleet.exports.ways.reach import Reach, lines_into
from fleet.exports.ways.way import Found, StudyKey, Trouble, WayFailed
from regions.models import Region

Why = ExportedStudy.Why


@dataclass(frozen=True)
class Located:
    """Where a study is, and how big; None stands for what nobody tells."""

    source: StudySource
    n_instances: int | None
    n_bytes: int | None


def locate(region: Region, study_ref: str, now: datetime) -> Located:
    """Return the first source that has the study.

    Raises Ended when there is none or it is too big, WayFailed when nobody could be asked.
    """
    enabled = StudySource.objects.filter(region=region, is_enabled=True)
    sources = list(enabled.select_related("region").order_by("position"))
    if not sources:
        raise Ended(Why.NO_SOURCE, f"No study source of {region.name} is enabled: add one.")
    told = ask_region(region, study_ref)
    located = _first_that_has_it(region, sources, study_ref, told)
    if located is None:
        raise why_gone(region, sources, told.row, now)
    check_policy(region, located)
    return located


def _first_that_has_it(
    region: Region, sources: list[StudySource], study_ref: str, told: Told
) -> Located | None:
    failures = []
    with Reach(lines_into(region)) as reach:
        for source in sources:
            # A region that does not know the study gives no UID to ask for.
            if told.row is None and needs_uid(source):
                continue
            try:
                found = look_up(source, reach, StudyKey(study_ref, told.study_uid))
            except WayFailed as failure:
                failures.append(failure)
                continue
            if found:
                return _located(source, found, told.row)
    # An archive that could not be asked may have it: what the others say proves nothing.
    if failures:
        raise min(failures, key=lambda one: not one.is_passing)
    return None


def look_up(source: StudySource, reach: Reach, key: StudyKey) -> Found | None:
    """Ask one source. Raises WayFailed."""
    if needs_uid(source) and not key.study_uid:
        raise WayFailed(
            Trouble.CONFIGURATION,
            f"The contract of {source.region.name} gives no study_uid, by which {source} looks"
            " studies up. Provide that column there, or look them up by an attribute.",
        )
    with open_way(source, reach) as way:
        return way.look_up(key)


def needs_uid(source: StudySource) -> bool:
    """Whether the source finds a study by its UID alone."""
    if source.kind == StudySource.Kind.SFTP:
        return "{study_uid}" in source.base_path
    return source.lookup == StudySource.Lookup.UID


def check_policy(region: Region, located: Located) -> None:
    """Raise Ended for a study beyond what the region's policy lets out."""
    policy = policy_of(region)
    if policy is None:
        return
    if (located.n_bytes or 0) > policy.max_study_bytes:
        raise Ended(
            Why.TOO_BIG,
            f"The study has {located.n_bytes} bytes; the policy of {region.name} allows"
            f" {policy.max_study_bytes}.",
        )
    if (located.n_instances or 0) > policy.max_study_instances:
        raise Ended(
            Why.TOO_BIG,
            f"The study has {located.n_instances} files; the policy of {region.name} allows"
            f" {policy.max_study_instances}.",
        )


def why_gone(
    region: Region, sources: list[StudySource], row: StudyRow | None, now: datetime
) -> Ended:
    """Return why no source has the study, by what the region's contract says of it."""
    name, zone = region.name, region.zone
    if row is None:
        return Ended(Why.UNKNOWN, f"{name} knows no study by this reference.")
    if row.storage_status == "archived":
        return Ended(
            Why.NO_SOURCE,
            f"{name} says that the study was moved to an archive of another kind, which is not"
            " among its study sources.",
        )
    if row.available_until and row.available_until <= now:
        until = row.available_until.astimezone(zone)
        return Ended(
            Why.EXPIRED,
            f"The archive of {name} no longer has it: it was kept until {_day(until)}.",
        )
    days = max((source.keep_days or 0 for source in sources), default=0)
    received = row.received_at.astimezone(zone) if row.received_at else None
    if days and received and received + timedelta(days=days) <= now:
        return Ended(
            Why.EXPIRED,
            f"The archive of {name} no longer has it: it keeps studies for {days} days, and this"
            f" one is from {_day(received)}.",
        )
    if row.storage_status == "expired":
        return Ended(Why.EXPIRED, f"{name} says that it has let the study expire.")
    if row.storage_status == "deleted":
        return Ended(Why.DELETED, f"{name} says that the study was deleted.")
    since = f" of {_day(received)}" if received else ""
    knows_expiry = days or row.available_until
    return Ended(
        Why.DELETED,
        f"{name} has the study{since} in its records, and its archive no longer has the images"
        + (
            ", though they have not expired."
            if knows_expiry
            else ". For how long it keeps studies is not known here: tell it in the study source."
        ),
    )


def _located(source: StudySource, found: Found, row: StudyRow | None) -> Located:
    told_instances, told_bytes = (row.n_images, row.size_bytes) if row else (None, None)
    return Located(
        source,
        told_instances if found.n_instances is None else found.n_instances,
        told_bytes if found.n_bytes is None else found.n_bytes,
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
