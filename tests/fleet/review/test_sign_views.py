"""Signing, undoing and noting through the forms that the page prints."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fleet.clock import now
from fleet.people.models import Role
from fleet.people.rights import visible_regions
from fleet.review.day import review
from fleet.review.models import Note, SignOff
from fleet.review.signing import shown_token
from regions.models import DailyRollup, Region
from tests.builders import make_daily, make_path, make_person, make_region, make_status, make_tunnel

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>'\"; DROP TABLE study;--\u202e"
DAY = timedelta(days=1)


@pytest.fixture
def anna(db):
    return make_person("anna")


@pytest.fixture
def oncall(client, anna):
    client.force_login(anna)
    return client


def yesterday():
    return now().date() - DAY


def make_live_region(code: str = "tver", **numbers) -> Region:
    """A region that was collected a moment ago by the real clock, with numbers of yesterday."""
    moment = now()
    region = make_region(code, time_zone="Etc/UTC")
    make_tunnel(make_path(region), since=moment - DAY, seen_at=moment)
    make_status(region, last_attempt_at=moment, last_success_at=moment)
    make_daily(region, moment.date() - 20 * DAY)
    make_daily(region, yesterday(), **numbers)
    return region


def make_failing_region(code: str = "tver") -> Region:
    return make_live_region(code, n_received=138, n_done=0, n_failed=138, n_scored=0, n_positive=0)


def shown(account, code: str = "tver") -> str:
    rows = review(yesterday(), now(), visible_regions(account)).rows
    return next(shown_token(row) for row in rows if row.region.code == code)


def path(deed: str, code: str = "tver") -> str:
    return f"/regions/{code}/{yesterday()}/{deed}/"


def said(response) -> list[str]:
    """The messages after the redirect."""
    return [str(message) for message in response.context["messages"]]


def post(client: Client, address: str, **form: str):
    return client.post(address, {"next": f"/day/{yesterday()}/handover/", **form}, follow=True)


def test_it_signs_and_says_so(oncall, anna):
    make_live_region()

    assert said(post(oncall, path("sign"), shown=shown(anna))) == ["Tver: The day is signed."]
    assert SignOff.objects.get().signed_by == anna


def test_it_comes_back_to_the_regions_row(oncall, anna):
    make_live_region()
    back = f"/day/{yesterday()}/?show=fine"

    response = oncall.post(path("sign"), {"shown": shown(anna), "next": back})

    assert response.url == f"{back}#tver"


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:1", ""])
def test_it_comes_back_to_our_own_pages_only(oncall, back):
    make_live_region()

    assert oncall.post(path("sign"), {"next": back}).url == f"/day/{yesterday()}/#tver"


def test_it_refuses_with_a_sentence(oncall, anna):
    make_failing_region()

    (sentence,) = said(post(oncall, path("sign"), shown=shown(anna)))

    assert sentence == (
        "Tver: Write a note first that explains: 138 studies came, no answer was finished."
    )


def test_it_explains_and_signs_in_one_step(oncall, anna):
    make_failing_region()
    form = {"text": "GPU driver.", "reason": "no_answers", "shown": shown(anna)}

    assert said(post(oncall, path("note"), **form)) == [
        "Tver: The note is kept.",
        "Tver: The day is signed.",
    ]


def test_it_undoes(oncall, anna):
    make_live_region()
    post(oncall, path("sign"), shown=shown(anna))

    assert said(post(oncall, path("unsign"))) == ["Tver: The sign-off is taken back."]
    assert not SignOff.objects.filter(undone_at=None).exists()


def test_it_signs_all_that_are_fine_and_fresh(oncall, anna):
    make_live_region("perm")
    make_failing_region("kursk")
    every = " ".join(f"{code}={shown(anna, code)}" for code in ("perm", "kursk"))

    assert said(post(oncall, f"/day/{yesterday()}/sign/", shown=every)) == [
        "1 region signed.",
        "Kursk: It is not fine and fresh any more. Look at it.",
    ]


def test_it_names_a_few_of_many_that_were_left(oncall, anna):
    for n in range(7):
        make_failing_region(f"r{n}")
    every = " ".join(f"r{n}=0-0" for n in range(7))

    sentences = said(post(oncall, f"/day/{yesterday()}/sign/", shown=every))

    assert (len(sentences), sentences[-1]) == (6, "2 more were left.")


def test_it_keeps_a_note_on_the_whole_fleet(oncall, anna):
    post(oncall, f"/day/{yesterday()}/note/", text="A new collector.\r\nWatch it.")

    note = Note.objects.get()
    assert (note.region, note.author, note.text) == (None, anna, "A new collector.\nWatch it.")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"text": "  \r\n "}, "Tver: Write the note's text first."),
        ({"text": "a\0b"}, "Tver: Write the note's text first."),
        ({"text": "я" * 2001}, "Tver: The note is longer than 2000 characters. Shorten it."),
        ({"text": "a", "reason": "a\0b"}, "Tver: There is no such reason. Look again."),
        ({"text": "a", "reason": "a" * 41}, "Tver: There is no such reason. Look again."),
    ],
)
def test_it_refuses_a_bad_note(oncall, form, sentence):
    make_live_region()

    assert said(post(oncall, path("note"), **form)) == [sentence]
    assert not Note.objects.exists()


def test_it_keeps_a_note_as_long_as_the_form_allows(oncall):
    make_live_region()
    post(oncall, path("note"), text="\r\n".join(["я" * 999] * 2))

    assert len(Note.objects.get().text) == 1999


def test_it_shows_hostile_notes_as_text(oncall):
    make_live_region()

    page = post(oncall, path("note"), text=HOSTILE).content.decode()

    assert "<script>alert" not in page
    assert HOSTILE in unescape(page)


@pytest.mark.parametrize("deed", ["sign", "unsign", "note"])
def test_it_hides_other_peoples_regions(client, deed):
    make_live_region()
    client.force_login(make_person("ivan", regions=[]))

    assert client.post(path(deed), {"text": "a"}).status_code == 404


@pytest.mark.parametrize("deed", ["sign", "unsign", "note"])
def test_it_lets_viewers_read_only(client, deed):
    make_live_region()
    client.force_login(make_person("vera", Role.VIEWER))

    assert client.post(path(deed), {"text": "a"}).status_code == 403


def test_it_signs_only_visible_regions(client, anna):
    make_live_region()
    every = f"tver={shown(anna)}"
    client.force_login(make_person("ivan", regions=[]))
    post(client, f"/day/{yesterday()}/sign/", shown=every)

    assert not SignOff.objects.exists()


def test_it_wants_a_token_against_forgery(anna):
    make_live_region()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(anna)

    assert strict.post(path("sign"), {"shown": shown(anna)}).status_code == 403


@pytest.mark.parametrize("address", ["day/{}/sign", "day/{}/note", "regions/tver/{}/sign"])
def test_it_answers_a_form_that_a_login_interrupted(oncall, address):
    response = oncall.get(f"/{address.format(yesterday())}/")

    assert response.url == f"/day/{yesterday()}/"


@pytest.mark.parametrize("text", ["yesterday", "9999-12-31"])
def test_it_knows_no_other_days(oncall, text):
    make_live_region()

    assert oncall.post(f"/regions/tver/{text}/sign/").status_code == 404
    assert oncall.get(f"/day/{text}/handover/").status_code == 404


def test_it_says_how_many_studies_came_meanwhile(oncall, anna):
    make_live_region(n_received=388)
    before = shown(anna)
    DailyRollup.objects.filter(day=yesterday()).update(n_received=389)

    (sentence,) = said(post(oncall, path("sign"), shown=before))

    assert sentence.startswith("Tver: 1 study came since you opened the page.")


def test_it_hands_over(oncall):
    make_failing_region()
    post(oncall, path("note"), text="GPU driver.", reason="no_answers")

    page = oncall.get(f"/day/{yesterday()}/handover/").content.decode()
    text = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)[1])

    assert "■ Tver: 138 studies came, no answer was finished." in text
    assert re.search(r"    anna, \d\d:\d\d: GPU driver\.", text)
    assert f"http://testserver/day/{yesterday()}/" in text


def questions_of_a_handover(client: Client) -> int:
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/day/{yesterday()}/handover/")
    return len(asked)


def test_it_hands_over_with_the_same_number_of_questions(oncall):
    for i in range(3):
        make_live_region(f"r{i}")
    of_few = questions_of_a_handover(oncall)
    for i in range(3, 40):
        make_live_region(f"r{i}")

    assert questions_of_a_handover(oncall) == of_few
