"""Silences and planned work: who may not ring, until when, and a trace of who said so."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from fleet.alerts.lifecycle import Refused, find, in_maintenance, is_silenced
from fleet.alerts.models import Finding, Maintenance, Silence
from fleet.alerts.silences import (
    LONGEST_SILENCE,
    end_maintenance,
    end_silence,
    lasting_silences,
    plan_maintenance,
    silence,
    standing_maintenances,
)
from fleet.people.models import AuditEvent
from tests.builders import NOW, TODAY, make_person, make_region

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOON = (time(12), time(14))


def trace() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.values_list("kind", "region_code", "subject"))


def test_it_mutes_what_its_scope_covers():
    tver = make_region()
    found = Finding(region=tver, kind="errors_up", day=TODAY, begins_at=NOW)
    alert = find(found, NOW)
    silence(make_person(), tver, NOW + HOUR, "GPU is replaced", NOW, kind="errors_up")

    assert is_silenced(alert, NOW)
    assert not is_silenced(alert, NOW + HOUR)


def test_it_leaves_a_trace():
    silence(make_person(), make_region(), NOW + HOUR, "x", NOW)

    assert trace() == [("silenced", "tver", "all kinds 2026-03-10 11:00")]


@pytest.mark.parametrize(
    ("until", "reason", "kind"),
    [
        (NOW, "x", ""),
        (NOW + LONGEST_SILENCE + HOUR, "x", ""),
        (NOW + HOUR, " ", ""),
        (NOW + HOUR, "x" * 501, ""),
        (NOW + HOUR, "x", "nonsense"),
    ],
)
def test_it_refuses_a_silence_without_end_or_reason(until, reason, kind):
    author = make_person()

    with pytest.raises(Refused):
        silence(author, None, until, reason, NOW, kind=kind)
    assert not Silence.objects.exists()


def test_it_ends_a_silence_once():
    author = make_person()
    one = silence(author, None, NOW + HOUR, "x", NOW)
    end_silence(author, one, NOW)

    assert not lasting_silences(Silence.objects.all(), NOW + HOUR / 60).exists()
    with pytest.raises(Refused):
        end_silence(author, one, NOW + HOUR / 2)


def test_it_plans_work_in_the_regions_time():
    tver = make_region()
    plan_maintenance(make_person(), tver, (TODAY, TODAY), NOON, "new switch", NOW)

    # 13:00 and 14:00 in Moscow.
    assert in_maintenance(tver, NOW)
    assert not in_maintenance(tver, NOW + HOUR)
    assert trace() == [("maintenance_planned", "tver", "2026-03-10 – 2026-03-10, 12:00-14:00")]


@pytest.mark.parametrize(
    "days", [(TODAY, TODAY - DAY), (TODAY - 3 * DAY, TODAY - DAY), (TODAY, TODAY + 93 * DAY)]
)
def test_it_refuses_work_that_cannot_be(days):
    author, tver = make_person(), make_region()

    with pytest.raises(Refused):
        plan_maintenance(author, tver, days, NOON, "x", NOW)


def test_it_judges_again_once_work_has_ended():
    author, tver = make_person(), make_region()
    work = plan_maintenance(author, tver, (TODAY, TODAY), NOON, "x", NOW - HOUR)
    end_maintenance(author, work, NOW)

    assert in_maintenance(tver, NOW - HOUR / 2)
    assert not in_maintenance(tver, NOW + HOUR / 2)
    assert not standing_maintenances(Maintenance.objects.all(), NOW).exists()
    with pytest.raises(Refused):
        end_maintenance(author, Maintenance.objects.get(), NOW)
