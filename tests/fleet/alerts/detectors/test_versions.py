"""A version that appears alone, or comes back, is found; an update that all take is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.alerts.detectors.versions import unexpected
from fleet.alerts.detectors.watch import watch
from fleet.alerts.detectors.watched import watched
from fleet.alerts.models import Alert, Finding
from fleet.alerts.pages.details import detail_of
from regions.models import DailyScore, HourlyOutput, Region
from tests.builders import NOW, TODAY, make_path, make_region, make_score, make_status

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
N = 5


@pytest.fixture
def regions(db: None) -> list[Region]:
    """Regions that run version 7 of a model, which has answered there for three weeks."""
    made = [make_region(f"r{n}") for n in range(N)]
    for region in made:
        make_path(region)
        make_status(region)
        run(region, "7")
        remember(region, "7", range(1, 21))
    return made


def run(region: Region, version: str, n_scored: int = 60) -> None:
    """Answer with a version in the last hour."""
    HourlyOutput.objects.create(
        region=region, hour=NOW - HOUR, model_code="mammo", model_version=version,
        class_code="mass", node="gpu-0", n_scored=n_scored, n_positive=3, n_invalid=0,
        n_distinct=n_scored, n_identical=1, n_objects=0,
    )  # fmt: skip


def remember(region: Region, version: str, ages: range) -> None:
    for age in ages:
        make_score(region, TODAY - age * DAY, model_version=version)


def replace(region: Region, version: str) -> None:
    HourlyOutput.objects.filter(region=region).delete()
    run(region, version)


def found() -> list[Finding]:
    return unexpected(watched(), watched(), NOW)[0]


def test_it_finds_a_version_that_the_others_do_not_run(regions: list[Region]):
    replace(regions[0], "8")

    (finding,) = found()

    assert (finding.region, finding.service, finding.version) == (regions[0], "mammo", "8")
    assert (finding.score, finding.limit) == (1.0, 0.05)
    assert (finding.n_others, finding.usual_version, finding.ran_until) == (4, "7", None)
    assert detail_of(finding) == "4 other regions run 7."


def test_it_finds_it_beside_the_old_one(regions: list[Region]):
    run(regions[0], "8", n_scored=20)

    assert [finding.score for finding in found()] == [0.25]


def test_it_finds_an_old_version_that_is_back(regions: list[Region]):
    for region in regions[:2]:
        remember(region, "6", range(30, 40))
    replace(regions[0], "6")
    Region.objects.filter(code__in=["r2", "r3", "r4"]).update(is_active=False)

    assert found() == []
    run(regions[0], "7")
    (finding,) = found()
    assert detail_of(finding) == "Version 6 of mammo ran here until 8 February and is back."


def test_it_lets_a_region_go_back_to_what_all_run(regions: list[Region]):
    lately = DailyScore.objects.filter(region=regions[0], day__gte=TODAY - 3 * DAY)
    lately.update(model_version="8")

    assert found() == []


@pytest.mark.parametrize("n", [3, 4, 5])
def test_it_lets_an_update_be_that_most_have_taken(n: int, regions: list[Region]):
    for region in regions[:n]:
        replace(region, "8")

    assert [finding.version for finding in found()] == []


def test_it_does_not_mind_a_trial_of_few_studies(regions: list[Region]):
    run(regions[0], "8", n_scored=2)

    assert found() == []


def test_a_version_is_no_news_after_a_week(regions: list[Region]):
    replace(regions[0], "8")
    remember(regions[0], "8", range(1, 9))

    assert found() == []


def test_a_new_region_may_run_what_it_runs(regions: list[Region]):
    new = make_region("new")
    make_path(new)
    make_status(new)
    run(new, "5")

    assert found() == []


def test_it_opens_one_alert_for_a_region_and_version(regions: list[Region]):
    replace(regions[0], "8")

    watch(NOW)
    watch(NOW + timedelta(minutes=1))

    alert = Alert.objects.get()
    assert (alert.kind, alert.version) == ("version_unexpected", "8")


def test_an_update_of_two_regions_is_one_alert_of_the_fleet(regions: list[Region]):
    for region in regions[:2]:
        replace(region, "8")

    watch(NOW)

    assert Alert.objects.get(region=None).version == "8"
