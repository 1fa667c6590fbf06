"""Which regions the exporter has to work on now. Looks at rows alone, on any worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from fleet.exports.models import ExportedStudy
from fleet.exports.queueing import AT_WORK, next_study, to_look_up, to_pack
from regions.models import Region

State = ExportedStudy.State
# A sign of life is given every second, but a busy machine may take its time.
SILENT_AFTER = timedelta(seconds=15)
# What nobody has begun by then is planned again.
LOST_AFTER = timedelta(seconds=30)
# So many regions at once; the rest of the exporter's threads look studies up and clear up.
MOST_AT_ONCE = 4


@dataclass(frozen=True)
class Plan:
    """Codes of the regions in which there is something to look up, to bring on and to pack."""

    look_ups: list[str]
    transfers: list[str]
    packs: list[str]
    clears_up: bool


def plan(now: datetime) -> Plan:
    """Return what is to be done now, and mark it, so that it is not planned twice at once."""
    wanted = Q(wants_cancel=True, state__in=[State.REQUESTED, State.QUEUED, State.PREVIEW])
    over = Q(state=State.READY, expires_at__lte=now) | Q(state=State.EXPIRED)
    ended = Q(state__in=ExportedStudy.FINAL, n_bytes_reserved__gt=0)
    return Plan(
        _regions_of(to_look_up(now), now),
        _transfers(now),
        _regions_of(to_pack(now), now),
        ExportedStudy.objects.filter(wanted | over | ended).exists(),
    )


def _regions_of(studies: QuerySet[ExportedStudy], now: datetime) -> list[str]:
    """Return the codes of the regions of studies that are not planned yet, and mark those."""
    free = list(studies.filter(_is_free(now)))
    ExportedStudy.objects.filter(pk__in=[study.pk for study in free]).update(planned_at=now)
    return list(dict.fromkeys(study.export.region.code for study in free))


def _transfers(now: datetime) -> list[str]:
    at_work = ExportedStudy.objects.filter(
        state__in=AT_WORK, seen_at__gt=now - SILENT_AFTER
    ).values_list("export__region", flat=True)
    busy = set(at_work)
    first = []
    open_ones = ExportedStudy.objects.filter(state__in=[State.QUEUED, *AT_WORK])
    for region in Region.objects.filter(pk__in=open_ones.values("export__region")):
        if region.pk in busy:
            continue
        study = next_study(region, now)
        if study and ExportedStudy.objects.filter(_is_free(now), pk=study.pk).exists():
            first.append(study)
    first.sort(key=lambda study: (study.export.priority, study.pk))
    chosen = first[: max(0, MOST_AT_ONCE - len(busy))]
    marked = ExportedStudy.objects.filter(pk__in=[study.pk for study in chosen])
    marked.update(planned_at=now)
    return [study.export.region.code for study in chosen]


def _is_free(now: datetime) -> Q:
    return Q(planned_at=None) | Q(planned_at__lt=now - LOST_AFTER)
