"""The messenger says what waits for a person, and how long the trail is; never which study."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from fleet.alerts.models import Channel, Message
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.telling import tell
from fleet.exports.trail import record
from tests.builders import NOW, make_channel, make_person, make_region
from tests.builders_exports import REF, make_export, make_exported_study

pytestmark = pytest.mark.django_db
State = ExportedStudy.State
DAY = timedelta(days=1)


@pytest.fixture
def chat(db, settings) -> Channel:
    settings.FLEET_PUBLIC_URL = "https://fleet.example"
    return make_channel()


@pytest.fixture
def export(db):
    return make_export(make_region("tver", name="Tver"), make_person("anna"))


def said() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("text", flat=True))


@pytest.mark.parametrize(
    ("state", "what"),
    [
        (State.WAITING_APPROVAL, "1 study waits for a second person"),
        (State.PREVIEW, "1 study waits to be looked through"),
        (State.READY, "1 study is ready"),
        (State.UNAVAILABLE, "1 study cannot be had"),
        (State.FAILED, "1 study cannot be had"),
    ],
)
def test_it_says_what_waits_for_a_person(chat, export, state, what):
    make_exported_study(export, state)

    tell(NOW)

    line = f"EXPORT #{export.pk} · Tver · {what} · anna asked"
    assert said() == [f"{line}\nhttps://fleet.example/exports/{export.pk}/"]


@pytest.mark.parametrize("state", [State.QUEUED, State.FETCHING, State.CANCELLED, State.SHREDDED])
def test_it_says_nothing_of_what_goes_on_by_itself(chat, export, state):
    make_exported_study(export, state)

    tell(NOW)

    assert said() == []


def test_it_names_no_study_and_no_reason(chat, export):
    make_exported_study(export, State.PREVIEW)

    tell(NOW)

    assert not any(word in said()[0] for word in (REF, export.reason, export.project))


def test_it_says_nothing_twice(chat, export):
    make_exported_study(export, State.READY)
    tell(NOW)
    Message.objects.update(state=Message.State.CONFIRMED)

    tell(NOW + DAY)

    assert [one.state for one in Message.objects.all()] == [Message.State.CONFIRMED]


def test_it_corrects_what_the_chat_reads(chat, export):
    make_exported_study(export, State.WAITING_APPROVAL)
    tell(NOW)
    export.is_approved, export.decided_by = True, make_person("boris")
    export.save()
    export.studies.update(state=State.QUEUED)

    tell(NOW)

    assert "Tver · approved by boris · anna asked" in said()[0]


def test_it_counts_again_when_more_is_ready(chat, export):
    make_exported_study(export, State.READY)
    tell(NOW)
    make_exported_study(export, State.READY, study_ref="b2")

    tell(NOW)

    (text,) = said()
    assert "2 studies are ready" in text


def test_it_speaks_the_language_of_the_chat(chat, export):
    Channel.objects.update(language="ru")
    make_exported_study(export, State.PREVIEW)

    tell(NOW)

    assert "ВЫГРУЗКА" in said()[0]


def test_it_tells_nobody_where_there_is_no_chat(export):
    make_exported_study(export, State.PREVIEW)

    tell(NOW)

    assert said() == []


def test_it_tells_the_next_chat_when_the_first_is_gone(chat, export):
    make_exported_study(export, State.PREVIEW)
    tell(NOW)
    Channel.objects.update(is_enabled=False)
    make_channel("next")

    tell(NOW)

    states = dict(Message.objects.values_list("channel__name", "state"))
    assert states == {chat.name: Message.State.MOVED, "next": Message.State.WAITING}


def grow(export) -> ExportEvent:
    return record(ExportEvent.Kind.REQUESTED, "anna", export, NOW)


def test_it_says_the_head_of_the_trail_once_a_day(chat, export):
    grow(export)
    tell(NOW)
    last = grow(export)
    tell(NOW)
    assert len(said()) == 1

    tell(NOW + DAY)

    assert f"{last.pk}:{last.sha256}" in said()[1]


def test_it_does_not_repeat_the_head_of_a_trail_that_rests(chat, export):
    grow(export)
    tell(NOW)

    tell(NOW + DAY)

    assert len(said()) == 1


def test_it_says_the_head_in_the_morning_of_the_chat(chat, export):
    grow(export)
    late = (NOW + timedelta(hours=1)).time().replace(tzinfo=None)
    Channel.objects.update(digest_at=time(late.hour, late.minute))

    tell(NOW)

    assert said() == []
