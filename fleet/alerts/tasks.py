"""What workers do about alerts.

Each task imports what it does: who delivers or judges brings libraries along that would take every
other process's memory.
"""

from __future__ import annotations

import time

from celery import shared_task

from fleet.clock import now

# Longer than beat's interval, so that a chat's pace costs no turn; shorter than a worker's stop.
FOR_S = 30.0
BETWEEN_LOOKS_S = 0.2


@shared_task
def deliver() -> str:
    """Send what is due, at the pace of the chats."""
    from fleet.alerts import delivery

    delivery.prepare(now())
    n, ends_at = 0, time.monotonic() + FOR_S
    while time.monotonic() < ends_at:
        if delivery.deliver_next(now()):
            n += 1
        elif delivery.is_any_near(now()):
            time.sleep(BETWEEN_LOOKS_S)
        else:
            break
    return f"{n} messages worked on."


@shared_task
def watch() -> str:
    """Judge what came since the last time."""
    from fleet.alerts.detectors.watch import watch as watch_regions

    return watch_regions(now())


@shared_task
def judge_days() -> str:
    """Judge the days that are over and were not judged."""
    from fleet.alerts.detectors import judging

    return judging.judge_days(now())


@shared_task
def look() -> str:
    """Look whether our collector works, from a worker that does not collect."""
    from fleet.alerts.detectors.blindness import judge_blindness
    from fleet.alerts.detectors.watched import watched

    is_silent = judge_blindness(watched(), now())
    return "Our collector is silent." if is_silent else "Our collector works."


@shared_task
def ask_again() -> str:
    """Open the alerts again whose time is over, and ask daily who took one for longer."""
    from fleet.alerts import lifecycle

    n_expired, n_asked = len(lifecycle.expire(now())), len(lifecycle.ask_again(now()))
    return f"{n_expired} alerts are open again, {n_asked} people are asked."
