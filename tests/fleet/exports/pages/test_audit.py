"""Who saw a study, and what a person took: what is known, and no more."""

from __future__ import annotations

import pytest

from fleet.exports.models_events import ExportEvent
from fleet.exports.trail import record
from fleet.people.audit import record as record_read
from fleet.people.models import AuditEvent
from tests.builders import NOW, TODAY, make_person, make_region
from tests.builders_exports import REF, make_export

Kind = ExportEvent.Kind


@pytest.fixture
def export(region, person):
    """A study of TODAY's list was asked for, approved and taken; lists were read."""
    export = make_export(region, person, day=TODAY)
    record(Kind.REQUESTED, "oncall", export, NOW, study_ref=REF)
    record(Kind.APPROVED, "chief", export, NOW)
    record(Kind.DOWNLOADED, "oncall", export, NOW, study_ref=REF)
    record(Kind.DOWNLOADED, "oncall", export, NOW, study_ref="other")
    for name, day in (("reader", TODAY), ("stranger", "2026-01-01")):
        record_read(AuditEvent.Kind.STUDIES_READ, name, NOW, region_code="tver", subject=str(day))
    return export


@pytest.fixture
def admin(client, region):
    """Signed in; sees Tver only."""
    client.force_login(make_person("chief", "admin", regions=[region]))
    return client


def test_it_tells_who_saw_a_study(admin, export):
    audit = admin.get(f"/audit/studies/{REF}/").context["audit"]

    assert [one.line.what for one in audit.trail] == ["downloaded", "approved", "asked for"]
    assert [one.by for one in audit.readings] == ["reader"]
    assert [(one.name, one.day) for one in audit.places] == [("Тверь, 10 March 2026", "2026-03-10")]


def test_it_shows_all_lists_of_the_region_when_the_day_is_not_known(admin, export):
    type(export).objects.update(day=None)
    audit = admin.get(f"/audit/studies/{REF}/").context["audit"]

    assert {one.by for one in audit.readings} == {"reader", "stranger"}


def test_it_has_whole_dates_for_who_reads_it_years_later(admin, export):
    page = admin.get(f"/audit/studies/{REF}/").content.decode()

    assert "10 March 2026, 10:00:00 UTC" in page
    assert f'<a href="/regions/tver/{TODAY}/studies/">' in page


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("order=latest: 50", "Latest · 50 answers"),
        ("order=score, class=a, b, model=m1, a later page: 1", None),
        ("something else", "something else"),
    ],
)
def test_it_says_which_list_was_read(admin, export, detail, words):
    read = {"region_code": "tver", "subject": str(TODAY), "detail": detail}
    record_read(AuditEvent.Kind.STUDIES_READ, "other", NOW, **read)
    (reading,) = admin.get("/audit/people/other/").context["audit"].readings

    wanted = words or "Highest score · Class: a, b · Model: m1 · a later page · 1 answer"
    assert reading.asked == wanted


def test_it_says_that_nobody_asked(admin, export):
    page = admin.get("/audit/studies/unknown/").content.decode()

    assert "Nobody asked for this study" in page
    assert "No reading of such a list is known." in page


def test_it_tells_what_a_person_took(admin, export):
    audit = admin.get("/audit/people/oncall/").context["audit"]

    assert (audit.n_asked, audit.n_looked, audit.n_taken) == (1, 0, 2)
    assert len(audit.trail) == 3


def test_it_holds_no_other_regions(admin, export):
    omsk = make_region("omsk")
    record(Kind.DOWNLOADED, "oncall", make_export(omsk, export.requester), NOW, study_ref=REF)

    audit = admin.get(f"/audit/studies/{REF}/").context["audit"]
    assert {one.region for one in audit.trail} == {"Тверь"}


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("study= a1 ", "/audit/studies/a1/"),
        ("study=a/b", "/audit/studies/a/b/"),
        ("person=oncall", "/audit/people/oncall/"),
    ],
)
def test_it_leads_to_what_is_asked_about(admin, query, place):
    assert admin.get(f"/audit/?{query}")["Location"] == place


def test_it_offers_the_names(admin):
    assert b'<option value="chief">' in admin.get("/audit/").content


def test_it_takes_any_name_and_reference(admin, export):
    """Names come from other sign-ins too, references from regions."""
    name, ref = "domain/пётр \u202e", "a b/?#\u202e%2F"
    record(Kind.DOWNLOADED, name, export, NOW, study_ref=ref)
    (found,) = admin.get("/audit/", {"person": name}, follow=True).context["audit"].trail

    assert found.line.username == name
    page = admin.get("/audit/", {"study": ref}, follow=True)
    assert page.context["audit"].trail[0].line.ref == ref
    assert "\u202e" not in page.context["audit"].trail[0].line.by
