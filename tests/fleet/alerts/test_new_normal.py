"""What an alert found is taken for normal: by whom, why, and from which day on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import Refused
from fleet.alerts.models import Alert, NewNormal
from fleet.alerts.new_normal import accept_new_normal, may_be_normal, normal_shares, restarts
from tests.builders import NOW, TODAY, make_alert, make_person, make_region

DAY = timedelta(days=1)


def test_it_remembers_who_accepted_what_and_why(db):
    alert, author = make_alert(make_region(), "class_collapse", version="7"), make_person()

    accept_new_normal(alert, author, " A new scanner ", NOW + DAY)

    kept = NewNormal.objects.get()
    assert (kept.alert, kept.author, kept.reason) == (alert, author, "A new scanner")
    assert (kept.family, kept.version, kept.first_day) == (Family.OUTPUTS, "7", TODAY + DAY)


def test_it_resolves_the_alert_with_the_reason(db):
    alert, author = make_alert(make_region(), "input_drift"), make_person()

    accept_new_normal(alert, author, "A new scanner", NOW)

    alert.refresh_from_db()
    last = alert.events.last()
    assert alert.state == Alert.State.RESOLVED
    assert (last.kind, last.author, last.reason) == ("resolved", author, "A new scanner")
    assert not last.is_false_alarm
    assert not may_be_normal(alert)


@pytest.mark.parametrize(("kind", "reason"), [("input_drift", " "), ("link_lost", "It is so")])
def test_it_refuses_what_has_no_reason_or_no_past(db, kind, reason):
    alert = make_alert(make_region(), kind)

    with pytest.raises(Refused):
        accept_new_normal(alert, make_person(), reason, NOW)

    assert not NewNormal.objects.exists()
    assert alert.resolved_at is None


@pytest.mark.parametrize(
    ("kind", "is_possible"), [("errors_up", True), ("latency_up", True), ("backlog", False)]
)
def test_it_is_offered_where_a_share_can_be_normal(db, kind, is_possible):
    assert may_be_normal(make_alert(make_region(), kind)) == is_possible


def test_it_remembers_the_share_that_was_found(db):
    alert = make_alert(make_region(), "latency_up", score=0.3)

    accept_new_normal(alert, make_person(), "A longer queue", NOW)

    assert normal_shares("latency_up", TODAY) == {alert.region_id: 0.3}
    assert normal_shares("latency_up", TODAY + DAY) == {}
    assert normal_shares("errors_up", TODAY) == {}


def test_it_refuses_an_alert_that_is_over(db):
    alert, author = make_alert(make_region(), "input_drift"), make_person()
    accept_new_normal(alert, author, "A new scanner", NOW)

    with pytest.raises(Refused):
        accept_new_normal(alert, author, "Once more", NOW)

    assert NewNormal.objects.count() == 1


def test_it_tells_from_which_day_references_begin(db):
    region = make_region()
    for at in (NOW, NOW + 3 * DAY):
        accept_new_normal(make_alert(region, "input_drift", at), _author(at), "So", at)

    key = (region.pk, Family.INPUTS, "", "")
    assert restarts(TODAY - DAY) == {}
    assert restarts(TODAY + 2 * DAY) == {key: TODAY}
    assert restarts(TODAY + 9 * DAY) == {key: TODAY + 3 * DAY}


def _author(at):
    return make_person(f"oncall-{at:%d}")
