"""Each kind stands in a file of its own name, and all of them in the register."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet.alerts import kinds
from fleet.alerts.kinds import KINDS
from fleet.alerts.models import Alert

RUNBOOKS = Path(__file__).parents[3] / "docs/runbooks"


def test_it_registers_each_file_under_its_name():
    files = {path.stem for path in Path(kinds.__path__[0]).glob("*.py")} - {"__init__", "kind"}

    assert set(KINDS) == files


def test_it_has_codes_and_families_that_fit_their_columns():
    code, family = (Alert._meta.get_field(name).max_length for name in ("kind", "family"))

    assert all(len(kind.code) <= code and len(kind.family) <= family for kind in KINDS.values())


PARTS = {
    "": ("What it means", "What to look at first", "When to silence"),
    "ru": ("Что это значит", "Что смотреть сначала", "Когда заглушить"),
}


@pytest.mark.parametrize("language", PARTS)
@pytest.mark.parametrize("code", KINDS)
def test_it_has_a_runbook_that_says_what_to_do(code, language):
    text = (RUNBOOKS / language / f"{code}.md").read_text()

    assert text.startswith(f"# {code}\n")
    for part in PARTS[language]:
        assert f"\n## {part}\n" in text


@pytest.mark.parametrize("code", KINDS)
def test_its_runbooks_have_as_many_steps_in_each_language(code):
    steps = {
        language: len(re.findall(r"^\d\. ", (RUNBOOKS / language / f"{code}.md").read_text(), re.M))
        for language in PARTS
    }

    assert len(set(steps.values())) == 1, steps


@pytest.mark.parametrize("language", PARTS)
def test_it_keeps_no_runbook_of_a_kind_that_is_gone(language):
    assert {path.stem for path in (RUNBOOKS / language).glob("*.md")} == set(KINDS)
