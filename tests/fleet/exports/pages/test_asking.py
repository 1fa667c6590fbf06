"""Ask for a study from the list, with one click to the form."""

from __future__ import annotations

import pytest

from fleet.exports.models import Export
from fleet.exports.models_sources import ExportPolicy, ExportRight
from tests.builders import TODAY, make_alert, make_person, make_region
from tests.builders_exports import REF, give_right, make_exported_study

FORM = {
    "region": "tver",
    "study": [REF],
    "reason": "Scores fell",
    "purpose": "model_debugging",
    "project": "mammo-2026",
    "priority": "1",
}


def text(response):
    return response.content.decode().replace("\u00a0", " ")


def test_it_asks_and_leads_to_the_export(signed_in, person):
    response = signed_in.post("/exports/new/", {**FORM, "day": str(TODAY)})

    export = Export.objects.get()
    assert response["Location"] == f"/exports/{export.pk}/"
    assert (export.requester, export.priority, export.day) == (person, 1, TODAY)
    assert export.studies.get().study_ref == REF


def test_it_says_what_will_happen(signed_in):
    page = text(signed_in.get(f"/exports/new/?region=tver&study={REF}&study=b2"))

    assert "2 studies" in page
    assert "Nobody has to approve it." in page
    assert "Orthanc" in page
    assert "You may ask for 50 more studies today, in requests of 20 at most." in page
    assert "is known once it was looked up" in page


def test_it_says_that_a_second_person_approves_and_when_the_line_is_free(signed_in):
    ExportPolicy.objects.update(
        needs_approval=True, window_begins="22:00", window_ends="06:00", bytes_per_day=2 * 10**9
    )
    page = text(signed_in.get("/exports/new/?region=tver"))

    assert "A second person approves the request first." in page
    assert "from 22:00 to 06:00 by the region&#x27;s clock" in page
    assert "At most 2.0 GB are fetched in a day" in page


def test_it_estimates_by_the_last_studies(signed_in, study):
    page = text(signed_in.get("/exports/new/?region=tver"))

    assert "about 66 MB and came with 1.2 MB/s: under a minute for one" in page


def test_it_keeps_what_was_written_when_it_refuses(signed_in):
    response = signed_in.post("/exports/new/", {**FORM, "project": "Мой проект"})

    assert response.status_code == 422
    assert "Write the project in Latin letters" in text(response)
    assert "Scores fell</textarea>" in text(response)
    assert Export.objects.count() == 0


def test_it_says_why_there_is_no_form(signed_in):
    ExportRight.objects.all().delete()
    page = text(signed_in.get("/exports/new/?region=tver&study=a1"))

    assert "You have no right to ask for studies of Тверь." in page
    assert "<textarea" not in page


def test_it_names_the_export_that_has_the_study(signed_in, study):
    page = text(signed_in.get(f"/exports/new/?region=tver&study={REF}"))

    assert "3f9a0c55e1b2… was asked for already" in page
    assert f"/exports/{study.export_id}/" in page


def test_it_takes_references_one_a_line(signed_in):
    signed_in.post("/exports/new/", {**FORM, "study": [], "studies": "a1\r\nb2\r\na1"})

    refs = Export.objects.get().studies.values_list("study_ref", flat=True)
    assert list(refs) == ["a1", "b2"]


def test_it_keeps_the_alert_only_of_the_region(signed_in, region):
    own, other = make_alert(region), make_alert(make_region("omsk"))
    for alert in (own, other):
        signed_in.post("/exports/new/", {**FORM, "alert": str(alert.pk)})

    numbers = Export.objects.order_by("pk").values_list("alert_number", flat=True)
    assert list(numbers) == [own.pk, None]


@pytest.mark.parametrize("query", ["", "region=omsk", "region=%00"])
def test_another_region_is_not_there(signed_in, query):
    make_region("omsk")

    assert signed_in.get(f"/exports/new/?{query}").status_code == 404


@pytest.mark.parametrize("words", ["priority=x&alert=-1&day=never", "alert=" + "9" * 30])
def test_it_does_not_believe_the_address(signed_in, words):
    assert signed_in.get(f"/exports/new/?region=tver&{words}").status_code == 200


def test_it_offers_the_project_of_last_time(signed_in, person, study):
    other = make_person("other", regions=[study.export.region])
    make_exported_study(study.export, study_ref="b2")

    assert 'value="mammo-2026"' in text(signed_in.get("/exports/new/?region=tver"))
    signed_in.force_login(other)
    assert 'value="mammo-2026"' not in text(signed_in.get("/exports/new/?region=tver"))


def test_it_takes_the_words_over_when_it_is_asked_again(signed_in, study):
    page = text(signed_in.get(f"/exports/new/?region=tver&study={REF}&again={study.export_id}"))

    assert "Scores fell by a half on Friday</textarea>" in page
    assert 'value="mammo-2026"' in page


def test_it_takes_no_reason_over_from_another_person(signed_in, region, study):
    other = make_person("other", regions=[region])
    give_right(other)
    signed_in.force_login(other)
    page = text(signed_in.get(f"/exports/new/?region=tver&study={REF}&again={study.export_id}"))

    assert "Scores fell" not in page
    assert 'value="mammo-2026"' in page


@pytest.mark.parametrize("again", ["", "x", "0", "9" * 30])
def test_it_knows_no_such_earlier_export(signed_in, again):
    assert signed_in.get(f"/exports/new/?region=tver&again={again}").status_code == 200


def test_it_says_that_more_are_named_than_may_be_asked_for(signed_in):
    named = "&".join(f"study=r{n}" for n in range(21))

    page = text(signed_in.get(f"/exports/new/?region=tver&{named}"))
    assert "20 studies can be asked for now: choose which of them." in page
