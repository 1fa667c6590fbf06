from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import translation

from fleet.review.attention import RULES, reasons
from fleet.review.figures import Figures
from fleet.review.links import Link, LinkState
from fleet.review.numbers import Numbers
from fleet.review.situation import Level, Situation
from fleet.review.usual import Usual
from regions.freshness import Freshness
from regions.models import FailureKind
from tests.builders import NOW, TODAY

HOUR = timedelta(hours=1)
USUAL = Usual(8, 420.0, 380.0, 460.0, 0.02, 0.01, 60.0)
FINE = Situation(
    day=TODAY,
    now=NOW,
    starts_at=NOW - 13 * HOUR,
    ends_at=NOW + 11 * HOUR,
    is_closed=False,
    freshness=Freshness.FRESH,
    known_as_of=NOW - timedelta(minutes=2),
    late_after=timedelta(minutes=30),
    stale_after=6 * HOUR,
    link=Link(LinkState.OPEN),
    failure="",
    failing_since=None,
    failure_sentence="",
    numbers=Numbers(n_received=100, n_expected=100, n_done=100),
    n_misdated=0,
    n_days_known=45,
    usual=None,
    top_rejection=None,
    n_lost_together=0,
)
OVER = FINE._replace(now=NOW + 12 * HOUR, known_as_of=NOW + 12 * HOUR)
LOST = Link(LinkState.CLOSED, NOW - 7 * HOUR, "connection refused")
FAILING = {"failing_since": NOW - HOUR, "failure_sentence": "It said no."}

# What is wrong, and the code, level and sentence of the first reason.
CASES = [
    (
        FINE._replace(numbers=Numbers(n_received=138, n_expected=138, n_failed=138)),
        ("no_answers", Level.FAILING, "138 studies came, no answer was finished."),
    ),
    (
        FINE._replace(numbers=Numbers(n_received=400, n_expected=400, n_done=370, n_failed=30)),
        ("many_failed", Level.LOOK, "7.5% of 400 answers failed, limit 5%."),
    ),
    (
        FINE._replace(numbers=Numbers(n_received=40, n_expected=40, n_done=30, n_failed=10)),
        ("many_failed", Level.FAILING, "25.0% of 40 answers failed, limit 20%."),
    ),
    (
        FINE._replace(failure=FailureKind.CONTRACT, **FAILING),
        ("contract", Level.FAILING, "The region's contract is broken."),
    ),
    (
        FINE._replace(failure=FailureKind.AUTH, **FAILING),
        ("auth", Level.FAILING, "The region refuses our login."),
    ),
    (
        FINE._replace(failure=FailureKind.HOST_KEY, link=LOST, **FAILING),
        ("host_key", Level.FAILING, "The SSH server shows another host key."),
    ),
    (
        FINE._replace(failure=FailureKind.CONFIGURATION, **FAILING),
        ("configuration", Level.FAILING, "The region is configured wrongly here."),
    ),
    (
        FINE._replace(link=Link(LinkState.MISSING)),
        ("no_path", Level.FAILING, "No access path is enabled: add one."),
    ),
    (
        FINE._replace(freshness=Freshness.STALE, known_as_of=NOW - 26 * HOUR, link=LOST),
        ("data_stale", Level.STALE, "Data are 26 h old, limit 6 h."),
    ),
    (
        FINE._replace(freshness=Freshness.LATE, known_as_of=NOW - timedelta(minutes=45)),
        ("data_late", Level.LOOK, "Data are 45 min old, limit 30 min."),
    ),
    (
        FINE._replace(freshness=Freshness.UNKNOWN, known_as_of=None, numbers=None),
        ("data_unknown", Level.UNKNOWN, "No collection has succeeded yet."),
    ),
    (
        OVER._replace(freshness=Freshness.LATE, known_as_of=OVER.ends_at - 3 * HOUR),
        ("data_late", Level.LOOK, "The day's last 3 h are missing, limit 30 min."),
    ),
    (
        OVER._replace(freshness=Freshness.STALE, known_as_of=OVER.starts_at - HOUR),
        ("data_stale", Level.STALE, "Nothing was collected for this day."),
    ),
    (
        OVER._replace(stale_after=72 * HOUR, known_as_of=OVER.starts_at - HOUR, numbers=None),
        ("day_unknown", Level.UNKNOWN, "Nothing was collected for this day."),
    ),
    (
        FINE._replace(
            freshness=Freshness.STALE,
            known_as_of=NOW - 50 * HOUR,
            link=Link(LinkState.CARRIED),
        ),
        ("data_stale", Level.CARRIED, "Data are 2 d old, limit 6 h."),
    ),
    (
        FINE._replace(link=LOST),
        ("link_lost", Level.LOOK, "The link was lost 7 h ago."),
    ),
    (
        FINE._replace(link=Link(LinkState.UNKNOWN), n_lost_together=7),
        ("blind", Level.UNKNOWN, "Link lost together with 6 others."),
    ),
    (
        FINE._replace(failure=FailureKind.REGION_ERROR, **FAILING),
        ("region_error", Level.LOOK, "The region's database has reported errors for 60 min."),
    ),
    (
        FINE._replace(failure=FailureKind.CENTER, **FAILING),
        ("center", Level.UNKNOWN, "The center itself made an error."),
    ),
    (
        OVER._replace(numbers=Numbers()),
        ("no_studies", Level.LOOK, "No study came on a working day."),
    ),
    (
        FINE._replace(numbers=None, n_days_known=None),
        ("no_studies", Level.LOOK, "No study was ever collected."),
    ),
    (
        OVER._replace(numbers=Numbers(), usual=USUAL),
        ("no_studies", Level.LOOK, "No study came, usually 380 to 460 on Tuesdays."),
    ),
    (
        OVER._replace(numbers=Numbers(n_received=138, n_expected=138, n_done=138), usual=USUAL),
        ("unusual_volume", Level.LOOK, "138 studies, usually 380 to 460 on Tuesdays."),
    ),
    (
        FINE._replace(numbers=FINE.numbers._replace(latency_p95_s=200.0), usual=USUAL),
        ("slow_answers", Level.LOOK, "Latency p95 is 3.3 min, usually 60 s, limit 2 min."),
    ),
    (
        FINE._replace(numbers=FINE.numbers._replace(n_fallback=24)),
        ("many_fallbacks", Level.LOOK, "24.0% of 100 answers came by a fallback, limit 12%."),
    ),
    (
        FINE._replace(numbers=FINE.numbers._replace(n_rejected=24), top_rejection=("no_pixels", 9)),
        ("many_rejected", Level.LOOK, "24.0% of 100 sent were rejected, limit 12%."),
    ),
    (
        FINE._replace(n_misdated=1),
        ("misdated", Level.LOOK, "1 study has an impossible date."),
    ),
    (
        FINE._replace(numbers=FINE.numbers._replace(n_unknown=2)),
        ("unknown_outcomes", Level.LOOK, "2 answers have a status outside the contract."),
    ),
    (
        FINE._replace(numbers=FINE.numbers._replace(n_bad_latency=3)),
        ("bad_latencies", Level.LOOK, "3 answers have impossible latencies."),
    ),
    (
        FINE._replace(numbers=FINE.numbers._replace(n_capped=1024)),
        ("capped", Level.LOOK, "1,024 values over the cap were folded into “(other)”."),
    ),
    (
        FINE._replace(n_days_known=5),
        ("learning", Level.UNKNOWN, "Learning: 5 of 14 days."),
    ),
    (
        FINE._replace(n_days_known=-3, numbers=None),
        ("before_first_day", Level.UNKNOWN, "This day is before the region's first collected one."),
    ),
]


def why(situation: Situation):
    return reasons(situation, Figures.of_active_language())


@pytest.mark.parametrize(("situation", "expected"), CASES, ids=[case[1][2] for case in CASES])
def test_it_says_why(situation, expected):
    first = why(situation)[0]

    assert (first.code, first.level, first.sentence) == expected


def test_it_finds_nothing_in_a_fine_region():
    assert why(FINE) == ()


def test_it_has_a_case_for_every_rule():
    said = {rule for rule in RULES for case in CASES if rule(case[0], Figures.of_active_language())}

    assert said == set(RULES)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_says_so_in_twelve_words(language):
    with translation.override(language):
        said = [reason.sentence for case in CASES for reason in why(case[0])]

    assert [sentence for sentence in said if len(sentence.split()) > 12] == []


def test_it_says_the_number_and_the_limit_of_every_rule_that_has_both():
    said = [reason for case in CASES for reason in why(case[0]) if reason.number and reason.limit]
    measured = {r.code for r in said if len(re.findall(r"\d+(?:[.,]\d+)?", r.sentence)) >= 2}

    assert {reason.code for reason in said} - measured == {"day_unknown"}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_says_why_each_reason_stands_where_it_does(language):
    with translation.override(language):
        places = {reason.rank // 10: reason.place for case in CASES for reason in why(case[0])}

    assert len(set(places.values())) == len(places) == 5


@pytest.mark.parametrize(
    ("n_received", "is_unusual"),
    [(294, False), (293, True), (546, False), (547, True), (380, False)],
)
def test_it_takes_for_unusual_what_is_out_of_the_band_and_far_from_the_median(
    n_received, is_unusual
):
    numbers = Numbers(n_received=n_received, n_expected=100, n_done=100)

    assert bool(why(OVER._replace(numbers=numbers, usual=USUAL))) is is_unusual


@pytest.mark.parametrize("n_received", [1, 14])
def test_it_leaves_the_chances_of_small_numbers_alone(n_received):
    few = Usual(8, 7.0, 6.0, 8.0, None, None, None)
    numbers = Numbers(n_received=n_received, n_expected=n_received, n_done=n_received)

    assert why(OVER._replace(numbers=numbers, usual=few)) == ()


def test_it_does_not_judge_by_two_days():
    two = USUAL._replace(n_days=2, low=None, high=None)
    numbers = Numbers(n_received=20, n_expected=20, n_done=20, latency_p95_s=900.0)

    assert why(OVER._replace(numbers=numbers, usual=two)) == ()


@pytest.mark.parametrize("freshness", [Freshness.LATE, Freshness.STALE])
def test_it_does_not_judge_the_volume_of_a_day_whose_end_is_missing(freshness):
    partial = OVER._replace(freshness=freshness, known_as_of=OVER.ends_at - 3 * HOUR)
    numbers = Numbers(n_received=138, n_expected=138, n_done=138)

    codes = [reason.code for reason in why(partial._replace(numbers=numbers, usual=USUAL))]

    assert codes == [f"data_{freshness}"]


@pytest.mark.parametrize(("n_failed", "is_much"), [(2, False), (3, True)])
def test_it_widens_the_limit_of_a_share_for_few_answers(n_failed, is_much):
    few = Numbers(n_received=20, n_expected=20, n_done=20 - n_failed, n_failed=n_failed)

    assert bool(why(FINE._replace(numbers=few))) is is_much


def test_it_bears_with_a_region_that_always_rejects_much():
    used_to_it = USUAL._replace(rejected_share=0.2, fallback_share=0.2)
    numbers = Numbers(n_received=100, n_expected=100, n_done=65, n_fallback=20, n_rejected=35)

    assert why(FINE._replace(numbers=numbers, usual=used_to_it)) == ()


def test_it_puts_failing_answers_above_lost_data_and_lost_data_above_the_link():
    situation = CASES[8][0]._replace(numbers=CASES[0][0].numbers, n_misdated=3)

    codes = [reason.code for reason in why(situation)]

    assert codes == ["no_answers", "data_stale", "link_lost", "misdated"]


def test_it_keeps_what_the_region_said_apart():
    reason = why(FINE._replace(failure=FailureKind.CONTRACT, **FAILING))[0]

    assert reason.detail == "It said no."


def test_it_expects_nothing_of_a_closed_region():
    closed = FINE._replace(
        is_closed=True, freshness=Freshness.CLOSED, known_as_of=None, numbers=None, link=LOST
    )

    assert why(closed) == ()


def test_it_forgets_failures_of_today_on_an_old_page():
    old = FINE._replace(now=NOW + 40 * HOUR, known_as_of=NOW + 12 * HOUR, link=LOST)

    assert why(old._replace(failure=FailureKind.CONTRACT, **FAILING)) == ()


def test_it_waits_for_the_first_answers_of_a_running_day():
    begun = Numbers(n_received=4, n_expected=4, n_pending=4)

    assert why(FINE._replace(numbers=begun)) == ()


def test_it_does_not_judge_the_share_of_a_handful():
    few = Numbers(n_received=10, n_expected=10, n_done=8, n_failed=2)

    assert why(FINE._replace(numbers=few)) == ()
