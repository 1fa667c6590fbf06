"""What workers do about exports: any worker plans, the exporter does the rest.

What the exporter alone does is imported by its tasks: it brings libraries of images along, which
would take every other process's memory.
"""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from celery.signals import celeryd_after_setup, worker_shutting_down
from django.core.exceptions import ImproperlyConfigured

from fleet.clock import now
from fleet.exports import folders, keys, planning, telling
from fleet.exports.models import ExportedStudy
from fleet.exports.watching import HALT
from regions.models import Region

QUEUE = "export"


@shared_task
def plan_exports() -> str:
    """Send the exporter what can go on, and say what waits for a person."""
    plan = planning.plan(now())
    for code in plan.look_ups:
        look_up.apply_async((code,), queue=QUEUE, expires=planning.LOST_AFTER.total_seconds())
    for code in plan.transfers:
        bring_on.apply_async((code,), queue=QUEUE, expires=planning.LOST_AFTER.total_seconds())
    for code in plan.packs:
        pack.apply_async((code,), queue=QUEUE, expires=planning.LOST_AFTER.total_seconds())
    if plan.clears_up:
        clear_up.apply_async(queue=QUEUE, expires=planning.LOST_AFTER.total_seconds())
    telling.tell(now())
    return (
        f"{len(plan.look_ups)} regions to look studies up in, {len(plan.transfers)} to bring on,"
        f" {len(plan.packs)} to pack."
    )


@shared_task
def plan_sweep() -> str:
    """Let the exporter look for files that no study owns, where there ever was an export."""
    if not ExportedStudy.objects.exists():
        return "There are no exports."
    sweep.apply_async(queue=QUEUE, expires=600)
    return "The exporter sweeps."


@shared_task
def look_up(code: str) -> str:
    from fleet.exports import work

    n = work.look_up_studies(Region.objects.get(code=code), now)
    return f"{code}: another worker looks up." if n is None else f"{code}: {n} studies looked up."


@shared_task
def bring_on(code: str) -> str:
    from fleet.exports import work

    n = work.bring_on(Region.objects.get(code=code), now)
    return f"{code}: another worker is at it." if n is None else f"{code}: {n} steps done."


@shared_task
def pack(code: str) -> str:
    from fleet.exports import work

    n = work.pack_studies(Region.objects.get(code=code), now)
    return f"{code}: another worker packs." if n is None else f"{code}: {n} studies packed."


@shared_task
def clear_up() -> str:
    from fleet.exports import shredding, work

    n_cancelled, n_expired = work.end_cancelled(now), shredding.expire(now())
    n_ended = shredding.shred_ended(now())
    return f"{n_cancelled} cancelled, {n_expired} expired, {n_ended} shredded that had ended."


@shared_task
def sweep() -> str:
    from fleet.exports import shredding

    return f"{shredding.sweep(now())} pieces that no study owned."


@celeryd_after_setup.connect
def refuse_without_settings(instance: Any, **_: object) -> None:
    """End an exporter that lacks its folder or a key, before it takes a task. SystemExit."""
    if QUEUE not in instance.app.amqp.queues.consume_from:
        return
    try:
        folders.export_folder()
        keys.project_key("")
        keys.signer()
    except ImproperlyConfigured as error:
        logging.getLogger(__name__).critical("%s", error)
        # Celery would go on after any other exception of a signal's receiver.
        raise SystemExit(1) from None


@worker_shutting_down.connect
def halt(**_: object) -> None:
    """Let transfers stop where they are; they go on in the next process."""
    HALT.set()
