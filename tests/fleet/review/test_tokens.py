"""The colours of the style sheet, measured: text 4.5 to 1 at least, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "static" / "css"
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#\w{6});", (CSS / name).read_text()))
    for name in ("tokens.css", "dark.css")
)
TEXTS = ["text", "text-muted", "accent", "status-fine", "status-look", "status-failing"]
TEXTS += ["status-unknown"]


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", TEXTS)
def test_it_can_be_read_on_the_page(theme, text):
    assert contrast(theme[text], theme["page"]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["raised", "look-bg", "failing-bg"])
@pytest.mark.parametrize("text", ["text", "text-muted"])
def test_it_can_be_read_on_a_coloured_row(theme, ground, text):
    assert contrast(theme[text], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_it_can_be_read_on_a_failing_mark(theme):
    assert contrast(theme["status-failing-text"], theme["status-failing"]) >= 4.5


def test_it_has_a_dark_colour_for_each_light_one():
    assert DARK.keys() == LIGHT.keys()
