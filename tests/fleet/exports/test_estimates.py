from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from fleet.exports.estimates import Forecast, usual_rate
from fleet.exports.models import ExportedStudy
from fleet.exports.models_sources import ExportPolicy
from fleet.exports.queueing import Reason, Waiting, count_bytes
from tests.builders import NOW, make_region
from tests.rig.export_center import ask

State = ExportedStudy.State
pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def fetched_by(study: ExportedStudy) -> datetime | None:
    return Forecast(study.export.region, NOW).fetched_by(study)


@pytest.fixture
def study() -> ExportedStudy:
    """Two hours at the region's usual 1000 bytes a second; NOW is 13:00 there."""
    region = make_region()
    ExportPolicy.objects.create(region=region, is_allowed=True)
    for rate in (100.0, 1000.0, 9000.0):
        add(region, state=State.READY, bytes_per_s=rate, seen_at=NOW)
    return add(region, n_bytes=7_200_000)


def add(region, **fields) -> ExportedStudy:
    study = ask(region, "s", NOW)
    ExportedStudy.objects.filter(pk=study.pk).update(**{"state": State.QUEUED, **fields})
    return ExportedStudy.objects.get(pk=study.pk)


def test_it_takes_the_middle_of_the_last_rates(study):
    assert usual_rate(study.export.region) == 1000


def test_it_knows_nothing_before_the_first_transfer():
    region = make_region()
    ExportPolicy.objects.create(region=region, is_allowed=True)
    study, forecast = add(region, n_bytes=1000), Forecast(region, NOW)

    assert (forecast.seconds_left(study), forecast.fetched_by(study)) == (None, None)


def test_it_counts_what_has_come(study):
    study.n_bytes_fetched = 3_600_000

    assert fetched_by(study) == NOW + HOUR


def test_it_counts_who_goes_before(study):
    last = add(study.export.region, n_bytes=3_600_000)

    assert fetched_by(last) == NOW + 3 * HOUR


def test_it_waits_for_the_window_and_for_the_next(study):
    # 14:00 to 15:30 there is 11:00 to 12:30 here: the last half hour is tomorrow's.
    ExportPolicy.objects.update(window_begins=time(14), window_ends=time(15, 30))

    assert fetched_by(study) == at(11, 11) + HOUR / 2


def test_it_waits_for_the_bytes_of_another_day(study):
    ExportPolicy.objects.update(bytes_per_day=3_600_000)
    count_bytes(study.export.region, 3_600_000, NOW)

    # Midnight there is 21:00 here; an hour's worth a day.
    assert fetched_by(study) == at(11, 22)


def test_it_tells_nothing_of_a_study_that_never_gets_through(study):
    ExportPolicy.objects.update(bytes_per_day=0)

    assert fetched_by(study) is None


def waiting(study: ExportedStudy) -> Waiting | None:
    return Forecast(study.export.region, NOW).waiting(study)


def test_it_says_that_nothing_leaves_the_region(study):
    ExportPolicy.objects.update(is_allowed=False)

    assert waiting(study) == Waiting(Reason.FORBIDDEN)


def test_it_says_whose_turn_it_is(study):
    second = add(study.export.region)

    assert (waiting(study), waiting(second)) == (None, Waiting(Reason.TURN))


def test_it_says_that_a_study_rests_before_its_turn(study):
    study.retry_at = NOW + HOUR

    assert waiting(study) == Waiting(Reason.RETRY, NOW + HOUR)
