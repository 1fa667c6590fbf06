from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from fleet.people.models import AuditEvent
from fleet.review.day import RegionDay, review
from fleet.review.models import SignOff
from fleet.review.notes import write
from fleet.review.signing import Refused, shown_token, sign, sign_all, signed_days, undo
from regions.models import DailyRollup, FailureKind, Region
from tests.builders import (
    NOW,
    TODAY,
    make_daily,
    make_healthy_region,
    make_person,
    make_region,
)

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def anna(db):
    return make_person("anna")


def make_signable(code: str = "tver", **numbers) -> Region:
    region = make_healthy_region(code)
    make_daily(region, YESTERDAY, **numbers)
    return region


def make_failing(code: str = "tver") -> Region:
    return make_signable(code, n_received=138, n_done=0, n_failed=138, n_scored=0, n_positive=0)


def row_of(code: str = "tver", day=YESTERDAY, now=NOW) -> RegionDay:
    rows = review(day, now, Region.objects.filter(is_active=True)).rows
    return next(row for row in rows if row.region.code == code)


def sign_as_shown(account, code: str = "tver", now=NOW) -> SignOff:
    row = row_of(code, now=now)
    return sign(account, row, YESTERDAY, shown_token(row), now)


def changed(code: str = "tver") -> str:
    row = row_of(code)
    return signed_days(YESTERDAY, {row.region.pk: row.numbers})[row.region.pk].changed


def test_it_keeps_what_was_shown(anna):
    make_signable(n_received=388, n_positive=12)
    fingerprint = DailyRollup.objects.get(day=YESTERDAY).fingerprint

    signed = sign_as_shown(anna)

    assert (signed.n_received, signed.n_positive, signed.latency_p95_s) == (388, 12, 60.0)
    assert (signed.freshness, signed.mark, signed.fingerprint) == ("fresh", "fine", fingerprint)
    assert (signed.signed_by_name, signed.signed_at) == ("anna", NOW)


def test_it_keeps_the_reasons_that_were_shown(anna):
    region = make_failing()
    write(anna, region, YESTERDAY, "Driver update.", NOW, reason="no_answers")

    reasons = sign_as_shown(anna).reasons

    assert ("no_answers", "failing") in reasons.values_list("code", "level")
    assert "138 studies came, no answer was finished." in reasons.values_list("sentence", flat=True)


def test_it_signs_a_day_of_which_nothing_is_known(anna):
    make_region("omsk")

    assert sign_as_noted(anna, "omsk").n_received is None


def sign_as_noted(account, code: str) -> SignOff:
    row = row_of(code)
    for why in row.reasons:
        write(account, Region.objects.get(code=code), YESTERDAY, "Known.", NOW, reason=why.code)
    return sign_as_shown(account, code)


def test_it_refuses_a_day_that_is_not_over(anna):
    make_healthy_region()
    row = row_of(day=TODAY)

    with pytest.raises(Refused, match=r"The day is not over there: it ends in 11 h\."):
        sign(anna, row, TODAY, shown_token(row), NOW)


def test_it_refuses_while_nobody_explained_a_failing_reason(anna):
    make_failing()

    with pytest.raises(Refused, match="Write a note first that explains: 138 studies came"):
        sign_as_shown(anna)


def test_it_does_not_take_a_note_on_the_day_for_an_explanation(anna):
    write(anna, make_failing(), YESTERDAY, "All quiet.", NOW)

    with pytest.raises(Refused, match="Write a note first"):
        sign_as_shown(anna)


def test_it_does_not_take_another_regions_note_for_an_explanation(anna):
    make_failing()
    write(anna, make_signable("perm"), YESTERDAY, "Here.", NOW, reason="no_answers")

    with pytest.raises(Refused, match="Write a note first"):
        sign_as_shown(anna)


def test_it_refuses_what_the_page_did_not_show(anna):
    make_signable(n_received=388)
    shown = shown_token(row_of())
    DailyRollup.objects.filter(day=YESTERDAY).update(n_received=400)

    with pytest.raises(Refused, match="12 studies came since you opened the page"):
        sign(anna, row_of(), YESTERDAY, shown, NOW)


def test_it_refuses_a_rollup_that_was_replaced_while_it_was_signed(anna):
    make_signable()
    row = row_of()
    DailyRollup.objects.filter(day=YESTERDAY).update(n_done=99)

    with pytest.raises(Refused, match="has changed since you opened it"):
        sign(anna, row, YESTERDAY, shown_token(row), NOW)
    assert not SignOff.objects.exists()


def test_it_refuses_a_row_that_could_not_be_computed(anna):
    make_signable()
    row = row_of()._replace(numbers=None)

    with pytest.raises(Refused, match="could not be computed"):
        sign(anna, row, YESTERDAY, shown_token(row), NOW)


@pytest.mark.parametrize("shown", ["", "-", "x-1", "٣-1", "9" * 5000, "\0"])
def test_it_refuses_a_token_of_nobodys(anna, shown):
    make_signable()

    with pytest.raises(Refused):
        sign(anna, row_of(), YESTERDAY, shown, NOW)


def test_it_refuses_a_second_sign_off_and_names_the_first(anna):
    make_signable()
    sign_as_shown(anna)

    with pytest.raises(Refused, match=r"It is signed already: anna, 10:00\."):
        sign_as_shown(make_person("ivan"))


@pytest.mark.django_db(transaction=True)
def test_it_lets_one_of_two_win_at_the_same_moment(transactional_db):
    make_signable()
    people, barrier, refused = [make_person("anna"), make_person("ivan")], Barrier(2), []

    def press(account):
        row = row_of()
        barrier.wait(10)
        try:
            sign(account, row, YESTERDAY, shown_token(row), NOW)
        except Refused as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [Thread(target=press, args=[one]) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    winner = SignOff.objects.get()
    assert refused == [f"It is signed already: {winner.signed_by_name}, 10:00."]
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.SIGNED_OFF).count() == 1


def test_it_says_what_late_studies_changed(anna):
    make_signable(n_received=388)
    sign_as_shown(anna)
    DailyRollup.objects.filter(day=YESTERDAY).update(n_received=422)

    assert changed() == "+34 studies"


def test_it_forgets_no_sign_off_when_the_changed_day_is_signed_again(anna):
    make_signable(n_received=388)
    sign_as_shown(anna)
    DailyRollup.objects.filter(day=YESTERDAY).update(n_received=422)
    sign_as_shown(make_person("ivan"))

    both = SignOff.objects.order_by("pk")
    assert [(one.n_received, one.undone_at is None) for one in both] == [(388, False), (422, True)]
    assert changed() == ""


def test_it_signs_all_that_are_fine_and_fresh(anna):
    make_signable("tver")
    make_failing("kursk")
    rows = [row_of("tver"), row_of("kursk")]

    signed = sign_all(
        anna, rows, YESTERDAY, {row.region.code: shown_token(row) for row in rows}, NOW
    )

    assert signed == (1, [("Kursk", "It is not fine and fresh any more. Look at it.")])


def test_it_signs_no_region_that_was_not_shown(anna):
    make_signable("tver")
    make_signable("perm")

    assert sign_all(anna, [row_of("tver"), row_of("perm")], YESTERDAY, {}, NOW) == (0, [])


def test_it_takes_a_sign_off_back(anna):
    region = make_signable()
    signed = sign_as_shown(anna)
    undo(anna, region, YESTERDAY, NOW + 10 * SECOND)

    signed.refresh_from_db()
    assert (signed.undone_at, signed.undone_by) == (NOW + 10 * SECOND, anna)
    assert signed_days(YESTERDAY, {region.pk: None}) == {}


def test_it_takes_nothing_back_when_it_is_too_late(anna):
    region = make_signable()
    sign_as_shown(anna)

    with pytest.raises(Refused, match=r"can be taken back for 10 seconds\. Write a note instead"):
        undo(anna, region, YESTERDAY, NOW + 16 * SECOND)


def test_it_takes_nobody_elses_sign_off_back(anna):
    region = make_signable()
    sign_as_shown(anna)

    with pytest.raises(Refused, match=r"Only who signed can take it back: anna, 10:00\."):
        undo(make_person("ivan"), region, YESTERDAY, NOW)


def test_it_finds_nothing_to_take_back(anna):
    with pytest.raises(Refused, match="There is no sign-off to take back"):
        undo(anna, make_signable(), YESTERDAY, NOW)


def test_it_signs_again_after_an_undo(anna):
    region = make_signable()
    sign_as_shown(anna)
    undo(anna, region, YESTERDAY, NOW + SECOND)

    assert sign_as_shown(anna, now=NOW + 2 * SECOND).undone_at is None


def test_it_leaves_a_trail(anna):
    region = make_signable()
    sign_as_shown(anna)
    undo(anna, region, YESTERDAY, NOW)

    trail = AuditEvent.objects.order_by("pk").values_list("kind", "username", "region_code")
    assert list(trail) == [
        ("signed_off", "anna", "tver"),
        ("sign_off_undone", "anna", "tver"),
    ]


def test_it_tells_a_change_of_the_link_from_what_was_shown(anna):
    region = make_signable()
    shown = shown_token(row_of())
    region.status.failure, region.status.failing_since = FailureKind.CONTRACT, NOW
    region.status.save()

    with pytest.raises(Refused, match="has changed since you opened it"):
        sign(anna, row_of(), YESTERDAY, shown, NOW)


def test_it_asks_one_question_of_all_sign_offs(django_assert_num_queries):
    numbers = {make_region(f"r{i}").pk: None for i in range(20)}

    with django_assert_num_queries(1):
        signed_days(YESTERDAY, numbers)
