from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection

from fleet.people.audit import record
from fleet.people.models import AuditEvent
from tests.builders import NOW

pytestmark = pytest.mark.django_db
ADD = (
    "INSERT INTO people_auditevent (at, kind, username, region_code, subject, detail)"
    " VALUES (now(), 'noted', 'anna', 'tver', '', '')"
)


def test_it_cuts_what_is_too_long() -> None:
    event = record(AuditEvent.Kind.NOTED, "a" * 999, NOW, subject="s" * 999, detail="d" * 9999)

    assert (len(event.username), len(event.subject), len(event.detail)) == (150, 200, 1000)


def test_it_says_who_did_what() -> None:
    event = record(AuditEvent.Kind.NOTED, "anna", NOW, subject="tver")

    assert str(event) == "2026-03-10 10:00 anna noted tver"


def test_the_web_process_adds_to_it(web_connection: psycopg.Connection[Any]) -> None:
    with web_connection.transaction(force_rollback=True):
        assert web_connection.execute(ADD).rowcount == 1


DEEDS = ["DELETE FROM people_auditevent", "UPDATE people_auditevent SET username = ''"]


@pytest.mark.parametrize("deed", DEEDS)
def test_the_web_process_rewrites_nothing(
    web_connection: psycopg.Connection[Any], deed: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web_connection.execute(deed)


@pytest.mark.parametrize("deed", DEEDS)
def test_the_workers_rewrite_nothing(deed: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(deed)
