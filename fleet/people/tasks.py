"""What workers do for people."""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.models import Session

from fleet.clock import now


@shared_task
def forget_sessions() -> str:
    """Delete the sessions that have ended."""
    n, _by_table = Session.objects.filter(expire_date__lt=now()).delete()
    return f"{n} sessions forgotten."
