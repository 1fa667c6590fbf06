"""Write the audit trail."""

from __future__ import annotations

from datetime import datetime

from fleet.people.models import AuditEvent


def record(
    kind: AuditEvent.Kind,
    username: str,
    now: datetime,
    *,
    region_code: str = "",
    subject: str = "",
    detail: str = "",
) -> AuditEvent:
    """Return the row that says who did what; text beyond its column's length is cut."""
    return AuditEvent.objects.create(
        at=now,
        kind=kind,
        username=username[:150],
        region_code=region_code[:31],
        subject=subject[:200],
        detail=detail[:1000],
    )
