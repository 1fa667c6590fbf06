"""Charts: text that plotly.js must not read as markup, tables of bounded length, the script."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from fleet.review.charts import MOST_ROWS, plot_text, short, table

SCRIPT = "plotly/plotly.min.js"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ("&amp;", "&amp;amp;"),
        ("$x^2$", "&#36;x^2&#36;"),
        ("Ω\u202e", "\u2068Ω\ufffd\u2069"),
        ("", "\u2068—\u2069"),
    ],
)
def test_it_lets_plotly_read_no_markup(text, shown):
    assert plot_text(text) == shown


def test_it_cuts_a_text_of_a_megabyte():
    assert len(short("x" * 1_000_000)) == 64


def test_it_counts_the_rows_that_it_leaves_out():
    long = table("Causes", ("Reason",), [(str(n),) for n in range(MOST_ROWS + 3)])

    assert len(long.rows) == MOST_ROWS
    assert long.note == "3 rows more."


def test_it_finds_the_script_of_plotlys_package():
    found = finders.find(SCRIPT)

    assert "plotly.js v" in Path(found).read_text()[:200]
    assert finders.find(SCRIPT, find_all=True) == [found]
    assert finders.find("plotly/datasets/iris.csv.gz") is None


def test_it_collects_the_script_for_production(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path

    call_command("collectstatic", interactive=False, verbosity=0)

    assert (tmp_path / SCRIPT).stat().st_size > 1_000_000
    assert [path.name for path in (tmp_path / "plotly").iterdir()] == ["plotly.min.js"]
