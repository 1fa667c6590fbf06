"""Alerts in words."""

from __future__ import annotations

import pytest

from fleet.alerts.kinds import KINDS
from fleet.alerts.messages import sentence
from fleet.alerts.models import Alert, AlertEvent, Finding
from fleet.alerts.pages.words import Words, unbroken
from tests.builders import NOW, make_region


@pytest.mark.parametrize("kind", AlertEvent.Kind)
def test_it_has_a_sentence_for_all_that_can_happen(kind):
    sentence = Words.of_active_language(NOW).happened(AlertEvent(kind=kind, at=NOW))

    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ""),
        ({"score": 0.31234}, ""),
        ({"usual_low": 0.03, "usual_high": 0.08}, "Usual: 3\u00a0%–8\u00a0%."),
    ],
)
def test_it_says_what_was_measured(given, said):
    assert Words.of_active_language(NOW).measured(Finding(kind="errors_up", **given)) == said


@pytest.mark.parametrize("code", KINDS)
def test_it_says_of_each_kind_what_a_message_says(code):
    finding = Finding(kind=code, attribute="node", score=3000, limit=0.25)

    said = Words.of_active_language(NOW).measured(finding)

    assert said == unbroken(sentence(finding, code))


def test_it_says_the_regions_own_time_where_it_differs(db):
    alert = Alert(region=make_region(time_zone="Asia/Omsk"), opened_at=NOW)

    assert Words.of_active_language(NOW).there(alert) == "16:00 there"
