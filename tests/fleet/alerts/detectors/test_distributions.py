"""What comes in, and what models answer, is judged once a day is over in the fleet."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.alerts.models import Alert, Finding, SeriesDay
from fleet.alerts.series.days import daily
from tests.fleet.alerts.detectors.profiled import (
    ATTRIBUTES,
    DAY,
    YESTERDAY,
    fill_day,
    live,
    make_fleet,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def found() -> list[tuple[str, str, str]]:
    rows = Finding.objects.order_by("pk").values_list("kind", "region__code", "attribute")
    return list(rows)


def test_it_is_silent_while_nothing_drifts(db):
    make_fleet(until=YESTERDAY - 3 * DAY)

    assert live(4) == 0
    assert SeriesDay.objects.filter(day=YESTERDAY).count() == 3 * (len(ATTRIBUTES) + 3)


def test_it_names_the_attribute_that_moved_and_its_bins(db, rng):
    regions = make_fleet()
    fill_day(regions[1], YESTERDAY, rng, shift=1.0)

    live()

    one = Finding.objects.get()
    assert found() == [("input_drift", "r1", ATTRIBUTES[0])]
    assert one.score > one.limit > one.usual_high > 0
    assert one.difference.rule == "day"
    assert one.difference.value > one.difference.usual_high
    assert [moved.share > moved.usual_share for moved in one.moved.order_by("bin")][-1]
    assert Alert.objects.get().region == regions[1]


def test_it_names_the_values_that_moved(db, rng):
    regions = make_fleet()
    fill_day(regions[0], YESTERDAY, rng, views=(0.2, 0.8))

    live()

    assert found() == [("input_drift", "r0", "view")]
    shares = Finding.objects.get().moved.values_list("category", "share", "usual_share")
    assert {name: (a, round(b, 2)) for name, a, b in shares} == {
        "CC": (0.2, 0.6),
        "MLO": (0.8, 0.4),
    }


def test_it_tells_answers_from_what_comes_in(db, rng):
    regions = make_fleet()
    fill_day(regions[2], YESTERDAY, rng, score_shift=1.0)

    live()

    one = Finding.objects.get()
    assert found() == [("output_drift", "r2", "score:mass")]
    assert (one.service, one.version) == ("mammo", "7")


def test_it_finds_a_creep_that_no_day_shows(db, rng):
    regions = make_fleet()
    crept = SeriesDay.objects.filter(region=regions[0], attribute=ATTRIBUTES[0])
    crept.filter(day=YESTERDAY - DAY).update(sum_upwards=7.9)
    fill_day(regions[0], YESTERDAY, rng, shift=0.25)

    live()

    one = Finding.objects.get()
    assert found() == [("input_drift", "r0", ATTRIBUTES[0])]
    assert (one.difference.rule, one.difference.channel, one.limit) == ("slow", "location", 8)
    assert crept.get(day=YESTERDAY).sum_upwards == 0


@pytest.mark.parametrize(("other", "is_found"), [("Planmed", False), ("Selenia", True)])
def test_it_lets_another_mix_of_devices_be_where_they_are_known(db, rng, other, is_found):
    regions = make_fleet(devices=mix(other, 0.5))
    fill_day(regions[0], YESTERDAY, rng, devices=mix(other, 0.15))

    live()

    assert bool(found()) == is_found


def mix(other: str, share: float) -> list[tuple[str, float, float]]:
    """Return two devices, the second of which measures 1 sd more."""
    return [("Selenia", share, 0.0), (other, 1 - share, 1.0)]


def test_it_keeps_the_scores_of_all_days_for_the_alerts_page(db, rng):
    regions = make_fleet()
    fill_day(regions[1], YESTERDAY, rng, shift=1.0)
    live()

    month = daily(Finding.objects.get(), YESTERDAY)

    known = [value for value in month.values if value is not None]
    assert len(known) == 21
    assert max(known) == known[-1] == Finding.objects.get().score
