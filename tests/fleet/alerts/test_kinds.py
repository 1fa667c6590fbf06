"""Each kind stands in a file of its own name, and all of them in the register."""

from __future__ import annotations

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


@pytest.mark.parametrize("code", KINDS)
def test_it_has_a_runbook_that_says_what_to_do(code):
    text = (RUNBOOKS / f"{code}.md").read_text()

    assert text.startswith(f"# {code}\n")
    for part in ("What it means", "What to look at first", "When to silence"):
        assert f"\n## {part}\n" in text


def test_it_keeps_no_runbook_of_a_kind_that_is_gone():
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(KINDS)
