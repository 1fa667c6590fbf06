"""Every kind has its words."""

from __future__ import annotations

from fleet.alerts.kinds import KINDS
from fleet.alerts.titles import title, titles


def test_it_has_words_for_every_kind():
    assert titles().keys() == KINDS.keys()


def test_it_names_a_kind_that_is_gone_by_its_code():
    assert title("golden_study") == "golden_study"
