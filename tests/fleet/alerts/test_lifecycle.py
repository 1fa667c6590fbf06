"""An alert opens, is taken, ends and comes back; one cause has one alert."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta

import psycopg
import pytest
from django.db import connection

from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import (
    Refused,
    acknowledge,
    clear,
    expire,
    find,
    give_back,
    is_frozen,
    is_silenced,
    resolve,
)
from fleet.alerts.models import Alert, AlertEvent, Finding, Maintenance, Silence
from regions.models import Region
from tests.builders import NOW, TODAY, make_person, make_region

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def saw(
    region: Region,
    kind: str = "errors_up",
    at: datetime = NOW,
    *,
    day: date = TODAY,
    version: str = "",
) -> Finding:
    return Finding(region=region, kind=kind, day=day, begins_at=at, version=version)


def kinds_of(alert: Alert) -> list[str]:
    return list(alert.events.values_list("kind", flat=True))


def lose(code: str, at: datetime = NOW) -> Alert | None:
    return find(saw(make_region(code), "link_lost", at), at)


def test_it_opens_one_alert_for_a_cause(db):
    region = make_region()
    first = find(saw(region), NOW)
    second = find(saw(region, at=NOW + HOUR), NOW + HOUR)

    assert first == second
    assert kinds_of(first) == ["opened"]


def test_it_judges_a_window_once(db):
    region = make_region()
    find(saw(region), NOW)

    assert find(saw(region), NOW + HOUR) is None
    assert Finding.objects.count() == 1


def test_it_takes_the_graver_kind_of_a_family(db):
    region = make_region()
    find(saw(region, "volume_shift"), NOW)
    find(saw(region, "region_silent"), NOW)
    find(saw(region, "volume_shift", NOW + HOUR), NOW)

    assert Alert.objects.get().kind == "region_silent"


def test_it_ends_after_five_clear_days(db):
    region = make_region()
    alert = find(saw(region), NOW)
    for n in (1, 1, 2, 3, 4):
        clear(region, Family.ERRORS, TODAY + n * DAY, NOW + n * DAY)
    alert.refresh_from_db()
    assert alert.state == "open"

    assert clear(region, Family.ERRORS, TODAY + 5 * DAY, NOW + 5 * DAY).state == "resolved"


def test_it_counts_clear_days_anew_after_a_finding(db):
    region = make_region()
    find(saw(region), NOW)
    for n in (1, 2, 3, 4):
        clear(region, Family.ERRORS, TODAY + n * DAY, NOW)
    find(saw(region, at=NOW + 5 * DAY, day=TODAY + 5 * DAY), NOW + 5 * DAY)

    assert clear(region, Family.ERRORS, TODAY + 6 * DAY, NOW).n_clear_days == 1


def test_it_ends_a_lost_link_at_once(db):
    region = make_region()
    find(saw(region, "link_lost"), NOW)

    assert clear(region, Family.LINK, TODAY, NOW + HOUR).state == "resolved"


@pytest.mark.parametrize(("after", "n"), [(23 * HOUR, 1), (25 * HOUR, 2)])
def test_it_reopens_what_comes_back_within_a_day(db, after, n):
    region = make_region()
    find(saw(region, "link_lost"), NOW)
    clear(region, Family.LINK, TODAY, NOW)
    find(saw(region, "link_lost", NOW + after), NOW + after)

    assert Alert.objects.count() == n


def test_it_says_once_that_an_alert_is_unstable(db):
    region = make_region()
    for n in range(6):
        alert = find(saw(region, "link_lost", NOW + n * HOUR), NOW + n * HOUR)
        clear(region, Family.LINK, TODAY, NOW + n * HOUR)

    assert kinds_of(alert).count("unstable") == 1


def test_it_asks_again_when_an_acknowledgement_is_over(db):
    alert = find(saw(make_region()), NOW)
    acknowledge(alert.pk, make_person(), NOW)

    assert expire(NOW + 23 * HOUR) == []
    assert [one.state for one in expire(NOW + DAY)] == ["open"]


def test_it_is_given_back_by_who_took_it(db):
    alert, person = find(saw(make_region()), NOW), make_person()
    with pytest.raises(Refused):
        give_back(alert.pk, person, NOW)
    acknowledge(alert.pk, person, NOW)

    assert give_back(alert.pk, person, NOW).state == "open"
    assert kinds_of(alert) == ["opened", "acknowledged", "given_back"]


def test_it_is_resolved_by_hand_with_a_reason_once(db):
    alert, person = find(saw(make_region()), NOW), make_person()
    with pytest.raises(Refused):
        resolve(alert.pk, person, " ", NOW)
    resolve(alert.pk, person, "The disk was full.", NOW)

    assert alert.events.last().author == person
    with pytest.raises(Refused):
        acknowledge(alert.pk, person, NOW)


def test_it_hides_what_lies_behind_a_lost_link(db):
    region = make_region()
    before = find(saw(region, "data_stale"), NOW)
    link = find(saw(region, "link_lost"), NOW)
    after = find(saw(region), NOW)
    before.refresh_from_db()
    assert before.under == after.under == link

    clear(region, Family.LINK, TODAY, NOW)
    assert not Alert.objects.filter(resolved_at=None, under__isnull=False).exists()


def test_it_gathers_four_regions_in_ten_minutes(db):
    for n in range(4):
        find(saw(make_region(f"r{n}")), NOW + n * timedelta(minutes=3))

    fleet = Alert.objects.get(region=None)
    assert (fleet.kind, fleet.explains.count()) == ("errors_up", 4)


def test_it_gathers_half_of_a_version(db):
    for n in range(2):
        find(saw(make_region(f"r{n}"), "unlike_peers", version="2"), NOW + n * DAY, n_on_version=4)

    assert Alert.objects.get(region=None).version == "2"


def test_it_is_blind_when_a_third_is_lost_and_sees_again(db):
    for n in range(3):
        lose(f"r{n}")
    assert is_frozen()
    assert find(saw(make_region("other")), NOW) is None

    for region in Region.objects.exclude(code="other"):
        clear(region, Family.LINK, TODAY, NOW + HOUR)
    assert not is_frozen()


def test_it_does_not_judge_what_lies_in_maintenance(db):
    region = make_region()
    Maintenance.objects.create(
        region=region, first_day=TODAY, last_day=TODAY, since=time(22), until=time(3),
        author=make_person(), reason="New disks.",
    )  # fmt: skip

    assert find(saw(region, at=NOW + 9 * HOUR), NOW) is None
    assert find(saw(region, at=NOW + 13 * HOUR), NOW) is None
    assert find(saw(region, at=NOW + 14 * HOUR), NOW) is not None


def test_it_silences_until_the_end(db):
    alert = find(saw(make_region()), NOW)
    Silence.objects.create(
        region=alert.region,
        begins_at=NOW,
        ends_at=NOW + HOUR,
        author=make_person(),
        reason="Known.",
    )

    assert is_silenced(alert, NOW)
    assert not is_silenced(alert, NOW + HOUR)


def test_it_opens_one_alert_for_writers_at_once(transactional_db):
    region = make_region()

    def write(n: int) -> None:
        find(saw(region, at=NOW + n * HOUR), NOW)
        connection.close()

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(12)))

    assert Alert.objects.count() == 1
    assert Finding.objects.count() == 12
    assert AlertEvent.objects.count() == 1


@pytest.mark.parametrize("deed", ["DELETE FROM {}", "UPDATE {} SET id = id"])
@pytest.mark.parametrize(
    "table",
    [
        *("alerts_alertevent", "alerts_finding", "alerts_newnormal", "alerts_difference"),
        "alerts_movedshare",
    ],
)
def test_it_rewrites_no_history(web_connection, table, deed):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web_connection.execute(deed.format(table))
