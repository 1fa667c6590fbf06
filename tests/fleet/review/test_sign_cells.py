from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.people.models import Role
from fleet.review.day import review
from fleet.review.notes import write
from fleet.review.sign_cells import SignCell, Signs, SignState, signs
from fleet.review.signing import shown_token, sign
from fleet.review.templatetags.sign import SignWords, note_form, notes_html, sign_html
from regions.models import DailyRollup, Region
from tests.builders import NOW, TODAY, make_daily, make_healthy_region, make_person

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - timedelta(days=1)
WORDS = SignWords.of_active_language().on_page("token", "/day/2026-03-09/?q=a&b")
HOSTILE = "<script>alert(1)</script>'\""


@pytest.fixture
def anna(db):
    return make_person("anna")


def make_signable(code: str = "tver", **numbers) -> Region:
    region = make_healthy_region(code)
    make_daily(region, YESTERDAY, **numbers)
    return region


def make_failing(code: str = "tver") -> Region:
    return make_signable(code, n_received=138, n_done=0, n_failed=138, n_scored=0, n_positive=0)


def said(account, now=NOW, day=YESTERDAY) -> Signs:
    return signs(account, review(day, now, Region.objects.filter(is_active=True)), now)


def only_cell(account, now=NOW, day=YESTERDAY) -> SignCell:
    (cell,) = said(account, now, day).cells.values()
    return cell


def sign_day(account) -> None:
    (row,) = review(YESTERDAY, NOW, Region.objects.all()).rows
    sign(account, row, YESTERDAY, shown_token(row), NOW)


def test_it_offers_to_sign_a_finished_day(anna):
    make_signable()
    cell = only_cell(anna)

    assert cell.state is SignState.DUE
    assert f'name="shown" value="{cell.shown}"' in sign_html(cell, WORDS)
    assert 'formaction="/regions/tver/2026-03-09/sign/"' in sign_html(cell, WORDS)


def test_it_offers_nothing_while_the_day_runs(anna):
    make_healthy_region()

    assert sign_html(only_cell(anna, day=TODAY), WORDS) == ""


def test_it_offers_nothing_where_a_region_does_not_work(anna):
    make_healthy_region(open_weekdays="234567")

    assert only_cell(anna).state is SignState.NOTHING


def test_it_asks_for_an_explanation_first(anna):
    make_failing()
    cell = only_cell(anna)

    assert sign_html(cell, WORDS) == '<span class="signed">needs a note</span>'
    assert "Note and sign" in note_form(cell, WORDS)
    assert '<select name="reason"><option value="no_answers">' in note_form(cell, WORDS)


def test_it_offers_to_sign_what_was_explained(anna):
    write(anna, make_failing(), YESTERDAY, "GPU driver.", NOW, reason="no_answers")
    cell = only_cell(anna)

    assert "/sign/" in sign_html(cell, WORDS)
    assert not cell.is_blocked


def test_it_says_who_signed_and_lets_them_undo(anna):
    make_signable()
    sign_day(anna)
    html = sign_html(only_cell(anna, NOW + timedelta(seconds=3)), WORDS)

    assert "anna, 10:00" in html
    assert 'data-undo-s="7"' in html


@pytest.mark.parametrize(("who", "seconds"), [("anna", 11), ("ivan", 0)])
def test_it_lets_nobody_undo_late_nor_for_another(anna, who, seconds):
    make_signable()
    sign_day(anna)
    account = anna if who == "anna" else make_person(who)

    html = sign_html(only_cell(account, NOW + timedelta(seconds=seconds)), WORDS)
    assert "unsign" not in html


def test_it_says_what_changed_and_offers_to_sign_again(anna):
    make_signable(n_received=388)
    sign_day(anna)
    DailyRollup.objects.filter(day=YESTERDAY).update(n_received=422)
    html = sign_html(only_cell(anna), WORDS)

    assert "Changed since signed 10:00 (+34 studies)" in html
    assert "Sign again" in html


def test_it_counts_a_changed_day_as_unsigned(anna):
    make_signable(n_received=388)
    sign_day(anna)
    before = said(anna).tally
    DailyRollup.objects.filter(day=YESTERDAY).update(n_received=422)

    assert (before, said(anna).tally) == ("signed 1/1", "signed 0/1")


def test_it_counts_the_regions_whose_day_is_not_over(anna):
    make_signable()
    make_healthy_region("acre", time_zone="America/Rio_Branco")
    shortly_after_midnight_in_moscow = NOW.replace(hour=0)

    assert said(anna, shortly_after_midnight_in_moscow).tally == "signed 0/1, 1 not over yet"


def test_it_has_no_tally_before_a_day_is_over(anna):
    make_healthy_region()

    assert said(anna, day=TODAY).tally == ""


def test_it_offers_to_sign_all_that_are_fine_and_fresh(anna):
    make_signable("tver")
    make_failing("kursk")
    found = said(anna)

    assert found.n_all == 1
    assert found.all_shown.startswith("tver=100-")


def test_it_offers_viewers_nothing(db):
    make_failing()
    cell = only_cell(make_person("vera", Role.VIEWER))

    assert sign_html(cell, WORDS) == '<span class="signed">not signed</span>'
    assert note_form(cell, WORDS) == ""


def test_it_escapes_what_people_wrote(anna):
    write(anna, make_signable(), YESTERDAY, HOSTILE, NOW)
    cell = only_cell(anna)._replace(name=HOSTILE, text=HOSTILE, state=SignState.CHANGED)

    html = sign_html(cell, WORDS) + notes_html(cell.notes) + note_form(cell, WORDS)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 4


def test_it_comes_back_to_the_page_with_its_filters(anna):
    make_signable()

    assert 'value="/day/2026-03-09/?q=a&amp;b"' in note_form(only_cell(anna), WORDS)


@pytest.mark.parametrize("n", [3, 100])
def test_it_asks_two_questions_whatever_the_number_of_regions(n, anna, django_assert_num_queries):
    for i in range(n):
        make_signable(f"r{i}")
    page = review(YESTERDAY, NOW, Region.objects.all())

    with django_assert_num_queries(2):
        signs(anna, page, NOW)
