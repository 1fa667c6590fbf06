"""The inbox: which alerts stand in which list, in what order and words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import acknowledge, clear, resolve
from fleet.alerts.pages.asked import Asked
from fleet.alerts.pages.inbox import ON_A_PAGE, inbox
from tests.builders import NOW, TODAY, make_alert, make_person, make_region, make_silence

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def listed(account, now=NOW, **given):
    return [row.pk for row in inbox(account, Asked.of(given), now).rows]


def test_it_puts_each_alert_into_its_list():
    account = make_person()
    tver, omsk, perm = make_region(), make_region("omsk"), make_region("perm")
    opened, mine, muted, over = (
        make_alert(tver),
        make_alert(omsk, "volume_shift"),
        make_alert(perm),
        make_alert(omsk),
    )
    acknowledge(mine.pk, account, NOW)
    make_silence(perm)
    resolve(over.pk, account, "a cable", NOW)

    lists = {show: listed(account, show=show) for show in ("open", "mine", "silenced", "resolved")}
    assert lists == {
        "open": [opened.pk, mine.pk],
        "mine": [mine.pk],
        "silenced": [muted.pk],
        "resolved": [over.pk],
    }


def test_it_puts_what_fails_and_nobody_has_first():
    account = make_person()
    regions = [make_region(code) for code in ("kaluga", "omsk", "perm", "tula")]
    warned, taken, old, new = (
        make_alert(regions[0], "volume_shift", NOW + 3 * HOUR),
        make_alert(regions[1], at=NOW + 2 * HOUR),
        make_alert(regions[2], at=NOW),
        make_alert(regions[3], at=NOW + HOUR),
    )
    acknowledge(taken.pk, account, NOW)

    assert listed(account) == [new.pk, old.pk, taken.pk, warned.pk]


def test_it_hides_alerts_of_other_peoples_regions():
    tver, omsk = make_region(), make_region("omsk")
    own, _other = make_alert(tver), make_alert(omsk)

    page = inbox(make_person(regions=[tver]), Asked(), NOW)

    assert [row.pk for row in page.rows] == [own.pk]
    assert page.tabs[0].n == 1


def test_it_counts_only_seen_regions_under_an_alert_of_the_fleet():
    regions = [make_region(code) for code in ("kaluga", "omsk", "perm", "tula")]
    for region in regions:
        make_alert(region)

    seen = inbox(make_person("some", regions=regions[:2]), Asked(), NOW).rows
    whole = inbox(make_person("all"), Asked(), NOW).rows

    assert [row.where for row in seen] == ["The fleet: 2 regions"]
    assert [row.where for row in whole] == ["The fleet: 4 regions"]
    assert (seen[0].may_take, whole[0].may_take) == (False, True)


def test_it_hides_an_alert_of_the_fleet_that_speaks_of_other_regions():
    tver = make_region()
    for code in ("kaluga", "omsk", "perm", "tula"):
        make_alert(make_region(code))

    assert listed(make_person(regions=[tver])) == []


def test_it_says_number_limit_and_what_is_usual():
    make_alert(make_region(), service="mammo", version="7")

    (row,) = inbox(make_person(), Asked(), NOW + 2 * HOUR).rows

    assert (row.where, row.title, row.about) == ("Tver", "More studies fail than usual", "mammo 7")
    assert (
        row.measured == "31\u00a0% of the studies fail, limit 20\u00a0%. Usual: 3\u00a0%–8\u00a0%."
    )
    assert row.when == "since 10:00, 2 h"


def test_it_says_that_an_alert_came_back():
    tver = make_region()
    make_alert(tver, "link_lost")
    clear(tver, Family.LINK, TODAY, NOW + HOUR)
    make_alert(tver, "link_lost", NOW + 2 * HOUR)

    (row,) = inbox(make_person(), Asked(), NOW + 2 * HOUR).rows

    assert row.marks == ("came back",)


def test_it_filters_by_region_and_kind():
    tver, omsk = make_region(), make_region("omsk")
    failing, shifted = make_alert(tver), make_alert(tver, "volume_shift")
    make_alert(omsk)
    account = make_person()

    assert listed(account, region="tver") == [failing.pk, shifted.pk]
    assert listed(account, region="tver", kind="errors_up") == [failing.pk]


def test_it_gives_pages():
    for n in range(ON_A_PAGE + 1):
        make_alert(make_region(f"r{n}"), at=NOW + n * HOUR)

    first, second = (inbox(make_person(f"p{n}"), Asked(page=n), NOW) for n in (1, 2))

    assert (len(first.rows), first.before, first.after) == (50, "", "?show=open&page=2")
    assert (len(second.rows), second.before, second.after) == (1, "?show=open", "")


@pytest.mark.parametrize("n", [2, 30])
def test_it_asks_the_same_queries_for_any_number(n, django_assert_num_queries):
    account = make_person()
    for number in range(n):
        make_alert(make_region(f"r{number}"), at=NOW + number * HOUR)

    with django_assert_num_queries(6):
        inbox(account, Asked(), NOW)


@pytest.mark.parametrize(
    "given", [{"show": "x"}, {"kind": "x"}, {"page": "0"}, {"page": "x"}, {"page": "²"}]
)
def test_it_leaves_out_what_it_does_not_understand(given):
    assert Asked.of(given) == Asked(is_odd=True)
