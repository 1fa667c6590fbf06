"""The trail of exports: a chain of hashes that nobody who serves pages can rewrite."""

from __future__ import annotations

import threading
from datetime import timedelta
from io import StringIO

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from fleet.exports.models_events import ExportEvent
from fleet.exports.trail import BEGINNING, Head, digest, read_trail, record
from tests.builders import NOW, make_person, make_region
from tests.builders_exports import make_export

pytestmark = pytest.mark.django_db
Kind = ExportEvent.Kind


@pytest.fixture
def export(db):
    return make_export(make_region(), make_person())


@pytest.fixture
def three(export):
    return [
        record(kind, "oncall", export, NOW, study_ref="a1", detail="why")
        for kind in (Kind.REQUESTED, Kind.FETCHED, Kind.DOWNLOADED)
    ]


def test_it_chains_each_row_to_the_one_before(three):
    assert three[0].previous_sha256 == BEGINNING
    assert three[2].previous_sha256 == three[1].sha256
    assert read_trail().broken is None
    assert read_trail().head == Head(three[2].pk, three[2].sha256)


@pytest.mark.parametrize(
    "change",
    [
        {"username": "other"},
        {"detail": ""},
        {"at": NOW + timedelta(microseconds=1)},
        {"kind": Kind.CANCELLED},
        {"study_ref": "b2"},
        {"region_code": "omsk"},
        {"export_id": 0},
        {"previous_sha256": "1" * 64},
    ],
)
def test_it_hashes_every_value_of_a_row(three, change):
    (name, value) = next(iter(change.items()))
    setattr(three[1], name, value)

    assert digest(three[1]) != three[1].sha256


@pytest.fixture
def committed(transactional_db, export, three):
    """Three rows, and a connection of the one role that could spoil them."""
    with psycopg.connect(settings.FLEET_ADMIN_DATABASE_URL, autocommit=True) as admin:
        yield three, admin


def test_it_sees_a_changed_row(committed):
    three, admin = committed
    admin.execute("UPDATE exports_exportevent SET detail = '' WHERE id = %s", [three[1].pk])

    assert read_trail().broken.event_id == three[1].pk
    with pytest.raises(CommandError, match=f"Row {three[1].pk} was changed"):
        call_command("verify_trail")


def test_it_sees_a_row_that_was_taken_out(committed):
    three, admin = committed
    admin.execute("DELETE FROM exports_exportevent WHERE id = %s", [three[1].pk])

    assert read_trail().broken.event_id == three[2].pk


def test_it_keeps_text_that_is_too_long_or_holds_a_null(export):
    event = record(Kind.FAILED, "o" * 200, export, NOW, detail="a\0" + "b" * 2000)

    assert (len(event.username), event.detail[:2], len(event.detail)) == (150, "ab", 1000)
    assert read_trail().broken is None


@pytest.mark.django_db(transaction=True)
def test_it_lets_writers_take_turns(export):
    def write() -> None:
        for _ in range(5):
            record(Kind.FETCHED, "", export, NOW)
        connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert read_trail().n_events == 20
    assert read_trail().broken is None


@pytest.mark.parametrize("deed", ["DELETE FROM {}", "UPDATE {} SET detail = ''", "TRUNCATE {}"])
def test_it_is_not_rewritten_by_the_web(web_connection, deed):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web_connection.execute(deed.format("exports_exportevent"))


def verify(head: str = "") -> str:
    said = StringIO()
    call_command("verify_trail", head=head, stdout=said)
    return said.getvalue()


def test_its_command_prints_the_head(three):
    head = f"{three[2].pk}:{three[2].sha256}"

    assert f"3 rows, none changed or taken out.\nHead: {head}\n" in verify()


def test_its_command_has_no_head_of_nothing(db):
    assert verify() == "0 rows, none changed or taken out.\n"


def test_its_command_finds_a_head_of_before(three):
    said = verify(f"{three[0].pk}:{three[0].sha256}")

    assert said.startswith(f"The trail still holds row {three[0].pk} as it was.")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda head: f"{int(head[0]) + 9}:{head[1]}", "is not there: it was taken off"),
        (lambda head: f"{head[0]}:{'f' * 64}", "the trail was written anew"),
        (lambda head: head[1], "NUMBER:HASH"),
        (lambda head: f"{head[0]}:{head[1][:12]}", "NUMBER:HASH"),
    ],
)
def test_its_command_misses_a_head_that_is_not_there(three, change, sentence):
    head = change((str(three[2].pk), three[2].sha256))

    with pytest.raises(CommandError, match=sentence):
        verify(head)
