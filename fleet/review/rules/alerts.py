"""What alerts add to the reasons of a day, and which reasons a taken alert answers for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fleet.alerts.kinds.kind import Family
from fleet.review.situation import Level, Reason
from fleet.review.standing_alerts import StandingAlert

# What the rules of the page say, by the family of alerts that says the same.
_FAMILIES = {
    "no_answers": Family.ERRORS,
    "many_failed": Family.ERRORS,
    "slow_answers": Family.LATENCY,
    "no_studies": Family.VOLUME,
    "unusual_volume": Family.VOLUME,
    "link_lost": Family.LINK,
    "blind": Family.LINK,
    "no_path": Family.LINK,
    "auth": Family.LINK,
    "host_key": Family.LINK,
    "configuration": Family.LINK,
    "contract": Family.CONTRACT,
    "data_late": Family.DATA,
    "data_stale": Family.DATA,
    "data_unknown": Family.DATA,
    "day_unknown": Family.DATA,
    "misdated": Family.CLOCK,
}
_PREFIX = "alert_"


def alert_reasons(alerts: Iterable[StandingAlert], found: Sequence[Reason]) -> list[Reason]:
    """Return a reason for each family of alerts of which `found` says nothing."""
    said = {_FAMILIES.get(reason.code, "") for reason in found}
    reasons: dict[str, Reason] = {}
    for alert in alerts:
        if alert.family in said:
            continue
        level, rank = (Level.FAILING, 16) if alert.is_failing else (Level.LOOK, 43)
        code = f"{_PREFIX}{alert.family}"
        if code not in reasons or reasons[code].rank > rank:
            reasons[code] = Reason(code, level, rank, alert.sentence)
    return list(reasons.values())


def is_taken(reason: Reason, alerts: Iterable[StandingAlert]) -> bool:
    """Whether people have taken the alerts that say what the reason says, and there is one."""
    alike = alerts_of(reason, alerts)
    return bool(alike) and all(alert.held_by for alert in alike)


def alerts_of(reason: Reason, alerts: Iterable[StandingAlert]) -> list[StandingAlert]:
    """Return the alerts that say what the reason says."""
    family = _FAMILIES.get(reason.code, reason.code.removeprefix(_PREFIX))
    return [alert for alert in alerts if alert.family == family]
