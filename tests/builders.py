"""Rows of the center for tests. Every default is in the signature."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User

from fleet.alerts.lifecycle import find
from fleet.alerts.models import Alert, Channel, Finding, Maintenance, Silence
from fleet.people.models import Person, Role
from regions.models import (
    AccessPath,
    DailyRollup,
    DailyScore,
    HourlyCause,
    HourlyRollup,
    Region,
    RegionStatus,
    TunnelState,
)
from regions.models.region import Level

# 13:00 in Moscow on a Tuesday.
NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
NO_BINS = [0] * 128


def make_region(
    code: str = "tver",
    *,
    name: str = "",
    time_zone: str = "Europe/Moscow",
    level: int = Level.REMOTE,
    is_active: bool = True,
    collect_every: timedelta = timedelta(minutes=5),
    late_after: timedelta = timedelta(minutes=30),
    stale_after: timedelta = timedelta(hours=6),
    open_weekdays: str = "1234567",
    country: str = "",
) -> Region:
    return Region.objects.create(
        code=code,
        name=name or code.capitalize(),
        time_zone=time_zone,
        level=level,
        is_active=is_active,
        collect_every=collect_every,
        late_after=late_after,
        stale_after=stale_after,
        open_weekdays=open_weekdays,
        country=country,
    )


def make_person(
    username: str = "oncall",
    role: str = Role.ON_CALL,
    *,
    regions: Sequence[Region] | None = None,
    password: str | None = None,
) -> User:
    """An account with a role; it sees all regions, or only the given ones."""
    user = User.objects.create_user(username, password=password)
    person = Person.objects.create(user=user, role=role, sees_all_regions=regions is None)
    person.regions.set(regions or [])
    return user


def make_channel(
    name: str = "chat",
    kind: str = Channel.Kind.CONSOLE,
    *,
    server: str = "",
    address: str = "-100200",
    credential: str = "",
    is_enabled: bool = True,
    **fields: Any,
) -> Channel:
    """A channel behind those that are there."""
    return Channel.objects.create(
        name=name,
        kind=kind,
        position=Channel.objects.count() + 1,
        server=server,
        address=address,
        credential=credential,
        is_enabled=is_enabled,
        **fields,
    )


def make_path(
    region: Region,
    position: int = 1,
    *,
    kind: str = AccessPath.Kind.SSH,
    is_enabled: bool = True,
) -> AccessPath:
    return AccessPath.objects.create(
        region=region, position=position, kind=kind, is_enabled=is_enabled
    )


def make_tunnel(
    path: AccessPath,
    state: str = TunnelState.State.OPEN,
    *,
    since: datetime = NOW - timedelta(days=3),
    seen_at: datetime = NOW - timedelta(seconds=5),
    sentence: str = "",
) -> TunnelState:
    return TunnelState.objects.create(
        path=path, state=state, since=since, seen_at=seen_at, sentence=sentence
    )


def make_status(
    region: Region,
    *,
    last_attempt_at: datetime | None = NOW - timedelta(minutes=2),
    last_success_at: datetime | None = NOW - timedelta(minutes=2),
    next_due_at: datetime | None = None,
    failing_since: datetime | None = None,
    failure: str = "",
    sentence: str = "",
    n_misdated: int = 0,
) -> RegionStatus:
    return RegionStatus.objects.create(
        region=region,
        last_attempt_at=last_attempt_at,
        last_success_at=last_success_at,
        next_due_at=next_due_at,
        failing_since=failing_since,
        failure=failure,
        sentence=sentence,
        n_misdated=n_misdated,
    )


def make_daily(
    region: Region,
    day: date = TODAY,
    *,
    n_received: int = 100,
    n_filtered: int = 0,
    n_done: int = 100,
    n_failed: int = 0,
    n_rejected: int = 0,
    n_pending: int = 0,
    n_unknown: int = 0,
    n_fallback: int = 0,
    n_bad_latency: int = 0,
    n_scored: int = 100,
    n_positive: int = 10,
    n_capped: int = 0,
    latency_p50_s: float | None = 20.0,
    latency_p95_s: float | None = 60.0,
    latency_p99_s: float | None = 90.0,
    collected_at: datetime = NOW - timedelta(minutes=2),
) -> DailyRollup:
    return DailyRollup.objects.create(
        region=region,
        day=day,
        n_received=n_received,
        n_filtered=n_filtered,
        n_expected=n_done + n_failed + n_rejected + n_pending + n_unknown,
        n_done=n_done,
        n_failed=n_failed,
        n_rejected=n_rejected,
        n_pending=n_pending,
        n_unknown=n_unknown,
        n_fallback=n_fallback,
        n_bad_latency=n_bad_latency,
        n_scored=n_scored,
        n_positive=n_positive,
        n_capped=n_capped,
        latency_p50_s=latency_p50_s,
        latency_p95_s=latency_p95_s,
        latency_p99_s=latency_p99_s,
        wait_p50_s=1.0,
        wait_p95_s=5.0,
        collected_at=collected_at,
        fingerprint=1,
        latency_histogram=NO_BINS,
        wait_histogram=NO_BINS,
    )


def make_hourly(
    region: Region,
    hour: datetime,
    day: date = TODAY,
    *,
    n_received: int = 10,
    n_done: int = 10,
    latency_p50_s: float | None = 20.0,
    latency_p95_s: float | None = 60.0,
    latency_p99_s: float | None = 90.0,
    collected_at: datetime = NOW - timedelta(minutes=2),
) -> HourlyRollup:
    return HourlyRollup.objects.create(
        region=region,
        hour=hour,
        day=day,
        n_received=n_received,
        n_filtered=0,
        n_expected=n_done,
        n_done=n_done,
        n_failed=0,
        n_rejected=0,
        n_pending=0,
        n_unknown=0,
        n_fallback=0,
        n_bad_latency=0,
        n_scored=n_done,
        n_positive=0,
        n_capped=0,
        latency_p50_s=latency_p50_s,
        latency_p95_s=latency_p95_s,
        latency_p99_s=latency_p99_s,
        wait_p50_s=1.0,
        wait_p95_s=5.0,
        collected_at=collected_at,
        fingerprint=1,
    )


def make_score(
    region: Region,
    day: date = TODAY,
    *,
    model_code: str = "mammo",
    model_version: str = "7",
    class_code: str = "mass",
    node: str = "gpu-0",
    n_scored: int = 100,
    n_positive: int = 10,
) -> DailyScore:
    return DailyScore.objects.create(
        region=region,
        day=day,
        model_code=model_code,
        model_version=model_version,
        class_code=class_code,
        node=node,
        n_scored=n_scored,
        n_positive=n_positive,
        n_invalid=0,
        n_objects=0,
        score_histogram=[0] * 64,
        size_histogram=[0] * 64,
    )


def make_cause(
    region: Region,
    reason: str,
    n: int = 1,
    *,
    hour: datetime = NOW - timedelta(hours=3),
    kind: str = HourlyCause.Kind.REJECTED,
    detail: str = "gate",
) -> HourlyCause:
    return HourlyCause.objects.create(
        region=region, hour=hour, kind=kind, reason=reason, detail=detail, n=n
    )


def make_alert(
    region: Region,
    kind: str = "errors_up",
    at: datetime = NOW,
    *,
    service: str = "",
    version: str = "",
    attribute: str = "",
    score: float | None = 0.31,
    limit: float | None = 0.2,
    usual: tuple[float, float] | tuple[None, None] = (0.03, 0.08),
    detail: str = "",
    span: timedelta = timedelta(),
) -> Alert:
    """An alert as a detector opens it, with its finding."""
    finding = Finding(
        region=region,
        kind=kind,
        service=service,
        version=version,
        attribute=attribute,
        day=at.astimezone(region.zone).date(),
        begins_at=at,
        score=score,
        limit=limit,
        usual_low=usual[0],
        usual_high=usual[1],
        detail=detail,
        span=span,
    )
    alert = find(finding, at)
    assert alert is not None
    return alert


def make_silence(
    region: Region | None = None,
    ends_at: datetime = NOW + timedelta(days=10_000),
    *,
    begins_at: datetime = NOW,
    kind: str = "",
    reason: str = "The GPU is replaced",
    author: User | None = None,
) -> Silence:
    author = author or User.objects.get_or_create(username="silencer")[0]
    return Silence.objects.create(
        region=region,
        kind=kind,
        begins_at=begins_at,
        ends_at=ends_at,
        author=author,
        reason=reason,
    )


def make_maintenance(
    region: Region,
    first_day: date = TODAY,
    last_day: date = TODAY + timedelta(days=10_000),
    *,
    since: time = time(12),
    until: time = time(14),
) -> Maintenance:
    author = User.objects.get_or_create(username="silencer")[0]
    return Maintenance.objects.create(
        region=region,
        first_day=first_day,
        last_day=last_day,
        since=since,
        until=until,
        author=author,
        reason="A new switch",
    )


def make_healthy_region(
    code: str = "tver",
    *,
    name: str = "",
    time_zone: str = "Europe/Moscow",
    open_weekdays: str = "1234567",
    n_received: int = 100,
) -> Region:
    """A region with an open tunnel, two weeks of days and fresh numbers of TODAY."""
    region = make_region(code, name=name, time_zone=time_zone, open_weekdays=open_weekdays)
    make_tunnel(make_path(region))
    make_status(region)
    make_daily(region, TODAY - timedelta(days=20))
    make_daily(region, n_received=n_received)
    return region


def make_many_regions(n: int) -> list[Region]:
    """Healthy regions with a direct path and the rollup of TODAY, made in few statements."""
    regions = Region.objects.bulk_create(
        Region(code=f"r{i}", name=f"R{i}", time_zone="Europe/Moscow") for i in range(n)
    )
    AccessPath.objects.bulk_create(
        AccessPath(region=region, kind=AccessPath.Kind.DIRECT) for region in regions
    )
    RegionStatus.objects.bulk_create(
        RegionStatus(region=region, last_attempt_at=NOW, last_success_at=NOW) for region in regions
    )
    first = make_daily(regions[0])
    names = [field.attname for field in DailyRollup._meta.local_concrete_fields]
    values = {name: getattr(first, name) for name in names if name != "region_id"}
    DailyRollup.objects.bulk_create(DailyRollup(region=region, **values) for region in regions[1:])
    return regions
