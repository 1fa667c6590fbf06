"""Thin tasks: each loads, calls one function and returns a sentence."""

from __future__ import annotations

from celery import shared_task

from fleet.clock import now
from regions import collect as collecting
from regions import plan, retention, union
from regions.models import Region


@shared_task
def plan_collections() -> str:
    due = plan.due_regions(now())
    for code, has_failed in due:
        collect.apply_async((code,), queue="collect_slow" if has_failed else "collect")
    return f"{len(due)} regions are due."


@shared_task
def collect(code: str) -> str:
    region = Region.objects.get(code=code)
    try:
        run = collecting.collect(region, now())
    except collecting.AlreadyCollecting:
        return f"{code}: another worker is collecting it."
    return f"{code}: {run.sentence or f'{run.n_hours_replaced} hours replaced'}"


@shared_task
def rebuild_union() -> str:
    return union.rebuild_union(now())


@shared_task
def prune_rollups() -> str:
    return f"{retention.prune(now())} rows pruned."
