"""What an alert stands on: the histograms that moved, its thirty days, its peers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.alerts.kinds import KINDS
from fleet.alerts.models import Finding
from fleet.alerts.models_drift import Difference, SeriesDay
from fleet.alerts.pages.evidence import evidence
from regions.models import DailyCategory, DailyInput, DailyRollup, DailyScore, HourlyOutput
from tests.builders import NOW, TODAY, make_alert, make_daily, make_person, make_region
from tests.rig.region_rows import fill_days

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)
NO_PEER = "No other region that you see has enough of mammo-cls 4.2 to compare with."
MODEL = {"service": "mammo-cls", "version": "4.2"}


@pytest.fixture
def tver():
    region = make_region("tver", name="Тверь")
    fill_days(region, TODAY, NOW, n_days=12)
    for week in range(2, 8):
        make_daily(region, TODAY - week * WEEK, n_received=640)
    return region


@pytest.fixture
def omsk():
    region = make_region("omsk", name="Омск")
    fill_days(region, TODAY, NOW, n_days=1)
    make_daily(region, TODAY - WEEK)
    return region


@pytest.fixture
def oncall():
    return make_person()


def parts(account, alert):
    """Return the charts of an alert by key."""
    finding = Finding.objects.get(region=alert.region, kind=alert.kind)
    found = evidence(account, alert, finding, NOW)
    assert [one.missing for one in found] == [""] * len(found)
    return {chart.key: chart for one in found for chart in one.charts}


WHERE = {
    "class_collapse": {**MODEL, "attribute": "malignancy"},
    "unlike_peers": {**MODEL, "attribute": "malignancy"},
    "outputs_identical": {**MODEL, "attribute": "gpu-1"},
    "input_drift": {"attribute": "kvp"},
    "output_drift": {**MODEL, "attribute": "score:malignancy"},
    "new_category": {"attribute": "modality", "detail": "DX"},
}
DRAWN = {
    "class_collapse": {"score-0", "month", "peers"},
    "unlike_peers": {"score-0", "month", "peers"},
    "outputs_identical": {"score-0", "score-1", "month", "peers"},
    "input_drift": {"input-kvp", "month"},
    "output_drift": {"score-0", "month"},
    "new_category": {"category-modality", "month", "peers"},
    "errors_up": {"failures", "month", "peers"},
    "latency_up": {"month", "peers"},
    "backlog": {"month", "peers"},
    "volume_shift": {"month", "peers"},
    "region_silent": {"month", "peers"},
    "version_unexpected": {"month"},
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "collector_blind"])
def test_it_draws_what_a_kind_is_about(tver, omsk, oncall, kind):
    charts = parts(oncall, make_alert(tver, kind, **WHERE.get(kind, {})))

    assert charts.keys() == DRAWN.get(kind, set())


def test_it_leaves_a_gap_where_nothing_is_known(tver, oncall):
    DailyRollup.objects.filter(day=TODAY - timedelta(days=2)).delete()

    month = parts(oncall, make_alert(tver))["month"]

    limit, shares = (trace["y"] for trace in month.plot["data"][-1:1:-1])
    assert limit == [0.2] * 30
    assert [share is None for share in shares[-12:]] == [False] * 9 + [True, False, False]
    assert "limit 20.0%" in month.title


def test_it_marks_the_region_among_its_peers(tver, omsk, oncall):
    DailyScore.objects.filter(region=tver, class_code="malignancy").update(n_positive=59)

    alert = make_alert(tver, "class_collapse", **MODEL, attribute="malignancy")
    peers = parts(oncall, alert)["peers"]

    assert peers.title.startswith("Share of positives: 98.3% in Тверь, elsewhere 11.7% to 11.7%")
    assert peers.note == "1 other region that you see runs mammo-cls 4.2."
    assert [row[0] for row in peers.tables[0].rows] == ["▶ Тверь", "Омск"]


def test_it_names_no_peer_that_the_reader_does_not_see(tver, omsk):
    reader = make_person("reader", regions=[tver])

    alert = make_alert(tver, "class_collapse", **MODEL, attribute="malignancy")
    charts = parts(reader, alert)

    assert charts["peers"].missing == NO_PEER


def test_it_leaves_out_a_peer_with_a_few_answers(tver, omsk, oncall):
    HourlyOutput.objects.filter(region=omsk).update(n_scored=0, n_identical=0)
    some = HourlyOutput.objects.filter(region=omsk).latest("pk")
    HourlyOutput.objects.filter(pk=some.pk).update(n_scored=4, n_identical=3)

    alert = make_alert(tver, "outputs_identical", **MODEL, attribute="gpu-1")

    assert parts(oncall, alert)["peers"].missing == NO_PEER


def drifted(region, attribute, score, rule="day"):
    """An alert of an attribute of what comes in, with what the judgement left of its day."""
    alert = make_alert(region, "input_drift", attribute=attribute, score=score)
    finding = Finding.objects.get(region=region, kind="input_drift")
    numbers = {"channel": "location", "value": 0.2, "usual_low": -0.1, "n": 9, "n_reference": 99}
    Difference.objects.create(finding=finding, rule=rule, **numbers)
    return alert


def leave(region, attribute, **scores):
    sums = dict.fromkeys(("sum_upwards", "sum_downwards", "sum_tail", "sum_shape"), 0.0)
    of = {"region": region, "day": TODAY, "attribute": attribute, "is_off": False}
    SeriesDay.objects.create(**of, **(sums | scores))


@pytest.mark.parametrize(
    ("rule", "scores"),
    [
        ("day", {"day_location_score": -1.5}),
        ("slow", {"sum_upwards": 1.5, "sum_downwards": 0.3}),
    ],
)
def test_it_shows_how_far_other_regions_are_from_their_own_past(tver, omsk, oncall, rule, scores):
    alert = drifted(tver, "kvp", 6.25, rule)
    leave(tver, "kvp")
    leave(omsk, "kvp", **scores)

    peers = parts(oncall, alert)["peers"]

    assert peers.title == (
        "Score against the days before: 6.25 in Тверь, elsewhere 1.50 to 1.50, median 1.50."
    )
    assert peers.tables[0].rows == (("▶ Тверь", "6.25"), ("Омск", "1.50"))


def test_it_says_when_no_other_region_was_judged_by_the_attribute(tver, omsk, oncall):
    alert = drifted(tver, "kvp", 6.25)
    leave(omsk, "kvp")

    missing = parts(oncall, alert)["peers"].missing

    assert missing == "No other region that you see can be compared with."


def test_it_says_in_what_a_new_device_differs(tver, oncall):
    for device, kvp, detector in (("Selenia", 28, "DIRECT"), ("Planmed", 34, "STORAGE")):
        own = {"region": tver, "day": TODAY, "device_model": device}
        histogram = [20 * (at == round(kvp / 2.5) + 1) for at in range(64)]
        DailyInput.objects.create(**own, attribute="kvp", n=20, histogram=histogram)
        for attribute, value in (("modality", "MG"), ("detector_type", detector)):
            DailyCategory.objects.create(**own, attribute=attribute, category=value, n=20)
    of_new = {"attribute": "device_model", "detail": "Planmed"}

    chart = parts(oncall, make_alert(tver, "new_category", **of_new))["new-device"]

    assert chart.title.startswith("Planmed, 20 studies: furthest from the other devices in “")
    differences = {row[0]: row[-1] for row in chart.tables[0].rows}
    assert differences["Modality"] == "3.0%"
    assert differences["Detector type"] == "100%"
