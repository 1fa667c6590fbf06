"""Days that are over are judged beside the watching, one judge at a time."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import connection

from fleet.alerts.detectors.clearing import clear_closed_days
from fleet.alerts.detectors.judging import judge_days
from fleet.alerts.detectors.turns import Turn
from fleet.alerts.detectors.watch import watch
from fleet.alerts.detectors.watched import watched
from fleet.alerts.lifecycle import lose_sight, resolve
from fleet.alerts.models import Alert, Evaluation, Finding
from fleet.alerts.models_evaluation import SETTINGS_VERSION
from regions.models import DailyRollup
from tests.builders import NOW, make_alert, make_person
from tests.fleet.alerts.detectors.profiled import DAY, YESTERDAY, fill_day, make_fleet

CLOSED = (Evaluation.Rules.DAY, Evaluation.Rules.DISTRIBUTIONS)


@pytest.mark.django_db(transaction=True)
def test_it_leaves_when_another_judges_and_watching_goes_on():
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [Turn.JUDGING_DAYS])
        said, seen = judge_days(NOW), watch(NOW)
        # The pool keeps the session.
        cursor.execute("SELECT pg_advisory_unlock(%s)", [Turn.JUDGING_DAYS])
    other.close()

    assert said == "Somebody else is judging."
    assert seen.startswith("0 findings")


def test_it_judges_no_day_while_it_watches(db):
    make_fleet(1)

    watch(NOW)

    assert not Evaluation.objects.filter(rules__in=CLOSED).exists()


def test_it_judges_each_day_once(db):
    make_fleet(2)

    said = [judge_days(NOW), judge_days(NOW)]

    assert said == ["0 findings on 2 days that are over.", "0 findings on 0 days that are over."]
    assert Evaluation.objects.filter(rules__in=CLOSED).count() == 4


def test_it_leaves_the_days_for_the_thaw(db):
    make_fleet(1)
    lose_sight(NOW, NOW)
    said = judge_days(NOW)
    Alert.objects.all().update(resolved_at=NOW, state="resolved")

    assert said == "We are blind: nothing is judged."
    assert judge_days(NOW) == "0 findings on 2 days that are over."


def test_it_judges_anew_by_other_rules_and_reopens_nothing(db):
    regions = make_fleet()
    fill_day(regions[1], YESTERDAY, np.random.default_rng(7), shift=1.0)
    DailyRollup.objects.filter(region=regions[2], day=YESTERDAY).update(n_received=20)
    judge_days(NOW)
    for alert in Alert.objects.all():
        resolve(alert.pk, make_person(alert.kind), "Repaired", NOW)
    Evaluation.objects.update(settings_version=SETTINGS_VERSION - 1)

    said = judge_days(NOW)

    assert said == "0 findings on 2 days that are over."
    assert sorted(Alert.objects.values_list("kind", "state")) == [
        ("input_drift", "resolved"),
        ("volume_shift", "resolved"),
    ]
    assert {*Evaluation.objects.values_list("settings_version", flat=True)} == {SETTINGS_VERSION}
    assert {*Finding.objects.values_list("settings_version", flat=True)} == {SETTINGS_VERSION}


@pytest.mark.parametrize("kind", ["volume_shift", "unlike_peers", "input_drift", "output_drift"])
def test_it_counts_no_day_as_clear_before_it_was_judged(db, kind):
    (region,) = make_fleet(1)
    alert = make_alert(region, kind, NOW - 2 * DAY)

    n_clear = [clear_closed_days(watched(), NOW)]
    judge_days(NOW)
    n_clear.append(clear_closed_days(watched(), NOW))

    alert.refresh_from_db()
    assert (n_clear, alert.n_clear_days) == ([0, 1], 1)
