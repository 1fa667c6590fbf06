"""A message says what, where, since when and how bad, and nothing that must stay at the center."""

from __future__ import annotations

import gettext
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from fleet.alerts.kinds import KINDS
from fleet.alerts.lifecycle import acknowledge, find, resolve
from fleet.alerts.messages import harmless, reply_of, sentence, text_of
from fleet.alerts.models import Alert, Finding, Message
from tests.builders import NOW, TODAY, make_channel, make_person, make_region

NUMBERS = ("%(score)s", "%(limit)s")
WORDS = 12


@pytest.fixture
def public(settings):
    settings.FLEET_PUBLIC_URL = "https://fleet.example"


def told(language: str = "en", kind: str = "errors_up", **found: object) -> Message:
    """The message of an alert in a channel of Moscow's clock."""
    make_channel(language=language, time_zone="Europe/Moscow")
    finding = Finding(
        region=make_region(), kind=kind, day=TODAY, begins_at=NOW,
        **{"score": 0.3125, "limit": 0.05, "usual_low": 0.01, "usual_high": 0.03, **found},
    )  # fmt: skip
    find(finding, NOW)
    return Message.objects.get()


@pytest.mark.parametrize("code", KINDS)
def test_it_has_a_sentence_with_number_and_limit_for_every_kind(code):
    text = str(KINDS[code].sentence)

    assert all(number in text for number in NUMBERS)
    assert len(text.split()) <= WORDS


@pytest.mark.parametrize("code", KINDS)
def test_it_says_every_kind_in_russian(code):
    catalogue = Path(settings.LOCALE_PATHS[0]) / "ru/LC_MESSAGES/django.mo"
    with override("en"), catalogue.open("rb") as compiled:
        english = str(KINDS[code].sentence)
        russian = gettext.GNUTranslations(compiled).gettext(english)

    assert russian != english
    assert all(number in russian for number in NUMBERS)
    assert len(russian.split()) <= WORDS


@pytest.mark.parametrize("code", KINDS)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_tells_every_kind_in_a_dozen_words(code, language):
    finding = Finding(score=4321.0, limit=12.5, attribute="KVP")
    with override(language):
        said = sentence(finding, code)

    assert said
    assert "%" not in said.replace(" %", "")
    assert len(said.split()) <= WORDS + 2  # a number and its unit are two


def test_it_calls_what_is_measured_by_its_name():
    finding = Finding(score=0.1, limit=0.02, attribute="device_model")

    assert sentence(finding, "new_category").startswith("Device model never seen before in 10 %")


def test_it_names_the_class_that_collapsed():
    finding = Finding(score=0.0, limit=0.06, attribute="nodule")

    assert sentence(finding, "class_collapse") == "nodule is in 0 % of the answers, limit 6 %."


@pytest.mark.django_db
def test_it_says_all_of_it_in_english(public):
    message = told()

    assert text_of(message).body.splitlines() == [
        "■ FAILING · Tver · More studies fail than usual",
        "Since 10 March, 13:00.",
        "31.2 % of the studies fail, limit 5 %.",
        "Usual: 1 %–3 %.",
        "First: https://fleet.example/runbooks/errors_up/",
        f"https://fleet.example/alerts/{message.alert_id}/",
    ]


@pytest.mark.django_db
def test_it_says_it_in_russian(public):
    first, when, said, *_rest = text_of(told("ru")).body.splitlines()

    assert first.startswith("■ ОТКАЗ · Tver · ")
    assert when == "С 10 марта, 13:00."
    assert said == "С ошибкой 31,2 % исследований, предел 5 %."


@pytest.mark.django_db
def test_it_says_who_took_it_and_how_it_ended():
    message, person = told(), make_person("anna")
    alert = Alert.objects.get()
    acknowledge(alert.pk, person, NOW + timedelta(minutes=5))
    assert "anna took it at 10 March, 13:05." in text_of(Message.objects.get()).body

    resolve(alert.pk, person, "The cable, see 10.0.0.7.", NOW + timedelta(hours=7))
    message = Message.objects.get()
    body = text_of(message).body
    assert "10 March, 13:00 – 10 March, 20:00, 7 h." in body
    assert "anna resolved it." in body
    assert "10.0.0.7" not in body + reply_of(message).body


@pytest.mark.django_db
def test_it_names_the_regions_of_an_alert_of_the_fleet():
    make_channel()
    for n in range(4):
        find(Finding(region=make_region(f"r{n}"), kind="errors_up", day=TODAY, begins_at=NOW), NOW)
    fleet = Message.objects.get(alert__region=None)

    assert "■ FAILING · the whole fleet · " in text_of(fleet).body
    assert "Regions: R0, R1, R2, R3." in text_of(fleet).body


@pytest.mark.parametrize("named", ["KVP", "Rows", "Женский пол", "7.1.2", "mammo-2", "7"])
def test_it_repeats_what_is_but_a_name(named):
    assert harmless(named) == named


@pytest.mark.parametrize(
    "named",
    ["", "10.1.2.3", "x@y.ru", "https://x", "19480312", "1\n2", "a" * 60, "<b>", "DOE^JOHN"],
)
def test_it_does_not_repeat_what_may_be_more(named):
    assert harmless(named) == ""


@pytest.mark.django_db
def test_it_tells_nothing_of_the_detail_and_of_what_looks_like_an_address():
    body = text_of(told(detail="IVANOV^IVAN", service="10.0.0.7", version="1.2.840.113619")).body

    assert "IVANOV" not in body
    assert "10.0.0.7" not in body
    assert "840.113619" not in body
