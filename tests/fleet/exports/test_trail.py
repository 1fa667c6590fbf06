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
from fleet.exports.trail import BEGINNING, digest, read_trail, record, verify_trail
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
    assert verify_trail() is None
    assert read_trail().head == three[2].sha256


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

    assert verify_trail().event_id == three[1].pk
    with pytest.raises(CommandError, match=f"Row {three[1].pk} was changed"):
        call_command("verify_trail")


def test_it_sees_a_row_that_was_taken_out(committed):
    three, admin = committed
    admin.execute("DELETE FROM exports_exportevent WHERE id = %s", [three[1].pk])

    assert verify_trail().event_id == three[2].pk


def test_it_keeps_text_that_is_too_long_or_holds_a_null(export):
    event = record(Kind.FAILED, "o" * 200, export, NOW, detail="a\0" + "b" * 2000)

    assert (len(event.username), event.detail[:2], len(event.detail)) == (150, "ab", 1000)
    assert verify_trail() is None


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
    assert verify_trail() is None


@pytest.mark.parametrize("deed", ["DELETE FROM {}", "UPDATE {} SET detail = ''", "TRUNCATE {}"])
def test_it_is_not_rewritten_by_the_web(web_connection, deed):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web_connection.execute(deed.format("exports_exportevent"))


def test_its_command_prints_the_head(three):
    said = StringIO()
    call_command("verify_trail", head=three[0].sha256, stdout=said)

    assert f"3 rows, none changed or taken out.\nHead: {three[2].sha256}" in said.getvalue()


def test_its_command_misses_a_head_that_is_not_there(three):
    with pytest.raises(CommandError, match="taken off its end"):
        call_command("verify_trail", head="f" * 64)
