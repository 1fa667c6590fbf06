"""The fleet's day is judged once, when it is over everywhere; again it says the same."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet.alerts.detectors import rescoring
from fleet.alerts.detectors.distribution_days import PATIENCE, due, judge_and_remember
from fleet.alerts.detectors.judging import judge_days
from fleet.alerts.detectors.watched import watched
from fleet.alerts.lifecycle import resolve
from fleet.alerts.models import Alert, Evaluation, Finding, SeriesDay
from fleet.alerts.new_normal import accept_new_normal
from regions.localday import day_bounds
from regions.models import DailyRollup, Region, RegionStatus
from tests.builders import NOW, TODAY, make_alert, make_maintenance, make_person
from tests.fleet.alerts.detectors.profiled import (
    ATTRIBUTES,
    DAY,
    YESTERDAY,
    fill_day,
    live,
    make_fleet,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def left() -> list[dict[str, object]]:
    """What is left of the days, as numbers."""
    order = ("day", "region_id", "service", "version", "attribute")
    return list(SeriesDay.objects.order_by(*order).values())


def findings() -> list[tuple[object, ...]]:
    names = ("region_id", "day", "attribute", "score", "limit", "usual_high", "detail")
    return list(Finding.objects.order_by(*names).values_list(*names, "difference__rule"))


def test_it_gets_past_a_day_on_which_nobody_has_studies(db):
    make_fleet(2, until=TODAY - 2 * DAY)
    DailyRollup.objects.filter(day=YESTERDAY).delete()

    live()

    assert Evaluation.objects.filter(day=YESTERDAY).count() == 2


def test_it_judges_again_what_was_lived_through_and_says_the_same(db, rng):
    regions = make_fleet(2, until=TODAY - 22 * DAY)
    for age in (9, 4, 3, 1):
        fill_day(regions[0], TODAY - age * DAY, rng, shift=1.0)
    live(22)
    lived, said = left(), findings()

    list(rescoring.rescore(TODAY - 20 * DAY, NOW))

    assert {day for _region, day, *_rest in said} >= {TODAY - 9 * DAY, YESTERDAY}
    assert findings() == said
    assert left() == lived


def test_it_finds_anew_what_was_lived_through_and_opens_one_alert(db, rng):
    regions = make_fleet(2, until=TODAY - 12 * DAY)
    for age in (11, 1):
        fill_day(regions[0], TODAY - age * DAY, rng, shift=1.0)

    list(rescoring.rescore(TODAY - 12 * DAY, NOW))

    assert {day for _region, day, *_rest in findings()} == {TODAY - 11 * DAY, YESTERDAY}
    assert Alert.objects.get().last_found_day == YESTERDAY


def test_it_judges_a_closed_day_only_once(db, rng):
    regions = make_fleet()
    fill_day(regions[1], YESTERDAY, rng, shift=1.0)

    judge_days(NOW)
    RegionStatus.objects.update(last_success_at=NOW + MINUTE)
    judge_days(NOW + MINUTE)

    assert Alert.objects.get(kind="input_drift").events.count() == 1
    assert Evaluation.objects.filter(rules=Evaluation.Rules.DISTRIBUTIONS).count() == 3


def test_it_opens_no_second_alert_when_a_day_is_judged_again(db, rng):
    regions = make_fleet()
    fill_day(regions[1], YESTERDAY, rng, shift=1.0)

    assert (live(), live()) == (1, 0)

    assert Alert.objects.get().events.count() == 1


def test_it_waits_until_the_day_is_over_everywhere_but_not_for_ever(db):
    regions = make_fleet()
    Region.objects.filter(pk=regions[2].pk).update(time_zone="America/New_York")
    end = day_bounds(TODAY, Region.objects.get(pk=regions[2].pk).zone)[1]
    RegionStatus.objects.exclude(region=regions[2]).update(last_success_at=end - HOUR)
    RegionStatus.objects.filter(region=regions[2]).update(last_success_at=end - HOUR)

    def judged(now):
        return {day: len(ones) for day, ones in due(watched(), now)}

    assert TODAY not in judged(end - MINUTE)
    assert judged(end + PATIENCE)[TODAY] == 2


def test_it_judges_who_comes_late_as_if_all_had_come_together(db, rng):
    regions = make_fleet()
    fill_day(regions[0], YESTERDAY, rng, shift=1.0)
    live()
    together, said = left(), findings()
    SeriesDay.objects.filter(day=YESTERDAY).delete()

    late = [one for one in watched() if one.id == regions[0].pk]
    judge_and_remember([one for one in watched() if one not in late], YESTERDAY, NOW)
    judge_and_remember(late, YESTERDAY, NOW)

    assert (left(), findings()) == (together, said)


def test_it_judges_the_days_of_a_region_that_was_away(db):
    make_fleet()
    live()
    RegionStatus.objects.update(last_success_at=NOW + 3 * DAY)

    days = {day: len(ones) for day, ones in due(watched(), NOW + 3 * DAY)}

    assert days == {TODAY: 3, TODAY + DAY: 3, TODAY + 2 * DAY: 3}


@pytest.mark.parametrize("is_false_alarm", [False, True])
def test_it_keeps_days_of_an_alert_out_of_references_unless_it_was_false(db, is_false_alarm):
    regions = make_fleet()
    alert = make_alert(regions[0], "input_drift", NOW - 4 * DAY, attribute=ATTRIBUTES[0])
    resolve(alert.pk, make_person(), "Because", NOW - 3 * DAY, is_false_alarm=is_false_alarm)

    live()

    kept = SeriesDay.objects.filter(day=YESTERDAY, attribute=ATTRIBUTES[0])
    of_region = {one.region_id: one.day_location_excess for one in kept}
    assert (of_region.pop(regions[0].pk) is None) == (not is_false_alarm)
    assert None not in of_region.values()


def test_it_begins_again_with_what_was_taken_for_normal(db, rng):
    regions = make_fleet(until=YESTERDAY - DAY)
    for day in (YESTERDAY - DAY, YESTERDAY):
        fill_day(regions[0], day, rng, shift=1.0)
    live(2, 2)
    accept_new_normal(Alert.objects.get(), make_person(), "A new protocol", NOW - DAY)

    assert live() == 0

    left_of = SeriesDay.objects.filter(day=YESTERDAY, service="").values_list("region_id")
    assert {region for (region,) in left_of} == {regions[1].pk, regions[2].pk}


def test_it_begins_again_with_a_new_version(db, rng):
    regions = make_fleet()
    fill_day(regions[0], YESTERDAY, rng, score_shift=2.0, version="8")

    assert live() == 0

    assert not SeriesDay.objects.filter(day=YESTERDAY, region=regions[0], service="mammo").exists()


def test_it_judges_no_day_that_was_worked_on_or_has_not_come_whole(db, rng):
    regions = make_fleet()
    for region in regions[:2]:
        fill_day(region, YESTERDAY, rng, shift=1.0)
    make_maintenance(regions[0], YESTERDAY, YESTERDAY)
    DailyRollup.objects.filter(region=regions[1], day=YESTERDAY).update(profile_fingerprint=2)

    assert live() == 0

    left_of = SeriesDay.objects.filter(day=YESTERDAY).values_list("region_id", flat=True)
    assert set(left_of) == {regions[2].pk}


def test_it_says_nothing_while_it_learns(db, rng):
    regions = make_fleet()
    fill_day(regions[0], YESTERDAY, rng, shift=2.0)
    DailyRollup.objects.filter(region=regions[0], day__lt=TODAY - 14 * DAY).delete()
    SeriesDay.objects.filter(day__lt=TODAY - 12 * DAY).delete()

    assert live() == 0


def test_it_asks_as_much_of_eight_regions_as_of_two(db):
    n_queries = set()
    for n_more in (2, 6):
        make_fleet(n_more)
        with CaptureQueriesContext(connection) as queries:
            live()
        n_queries.add(len(queries))

    assert len(n_queries) == 1


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("tomorrow", "“tomorrow” is not a day"),
        (f"{TODAY}", f"{TODAY} is not over yet: the last day that is over is {YESTERDAY}"),
        ("2001-01-01", "Nothing was collected before"),
    ],
)
def test_it_says_what_is_wrong_with_a_day(db, day, sentence):
    make_fleet(1)

    with pytest.raises(CommandError, match=sentence):
        call_command("rescore", f"--from={day}", stdout=StringIO())


def test_it_shows_how_far_it_is(db):
    make_fleet(1)
    out = StringIO()

    call_command("rescore", f"--from={YESTERDAY}", stdout=out)

    assert out.getvalue().splitlines() == [
        f"{YESTERDAY}: 1 regions, 0 new findings",
        "1 days judged again, 0 findings were not known before.",
    ]
