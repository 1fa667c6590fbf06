"""The API's alerts."""

from __future__ import annotations

import pytest

from fleet.alerts.lifecycle import acknowledge
from fleet.alerts.models import Alert
from fleet.api.alerts import ON_A_PAGE, alerts_shape
from tests.builders import NOW, make_alert, make_person, make_region, make_silence

pytestmark = pytest.mark.django_db


def test_it_gives_an_alert_with_its_newest_number():
    account = make_person()
    tver = make_region()
    alert = make_alert(tver, service="mammo")
    acknowledge(alert.pk, account, NOW)
    make_silence(tver)

    (one,) = alerts_shape(account, {}, NOW)["alerts"]

    assert (one["id"], one["region"], one["level"]) == (alert.pk, "tver", "failing")
    assert (one["score"], one["limit"], one["usual_low"]) == (0.31, 0.2, 0.03)
    assert (one["held_by"], one["held_until"]) == ("oncall", "2026-03-11T10:00:00Z")
    assert (one["is_silenced"], one["under"]) == (True, None)


def test_it_hides_alerts_of_other_peoples_regions():
    tver, omsk = make_region(), make_region("omsk")
    make_alert(omsk)

    assert alerts_shape(make_person(regions=[tver]), {}, NOW)["alerts"] == []


def test_it_gives_pages():
    account, tver = make_person(), make_region()
    Alert.objects.bulk_create(
        Alert(kind="errors_up", family="errors", region=tver, service=str(n), opened_at=NOW)
        for n in range(ON_A_PAGE + 1)
    )

    first = alerts_shape(account, {}, NOW)
    second = alerts_shape(account, {"before": str(first["next"])}, NOW)

    assert (len(first["alerts"]), len(second["alerts"])) == (ON_A_PAGE, 1)
    assert first["alerts"][-1]["id"] == second["alerts"][0]["id"] + 1
    assert second["next"] is None
