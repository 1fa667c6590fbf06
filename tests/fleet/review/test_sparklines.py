from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from fleet.review.sparklines import HEIGHT, WIDTH, Band, band_of, bars, line, top_of

OPEN = (False,) * 30
VALUES = st.lists(st.none() | st.floats(0, 1e9), min_size=30, max_size=30)


def test_it_shares_one_scale():
    assert top_of([(1, None, 3), (2.5, None)]) == 3
    assert top_of([(None,), (0,)]) == top_of([]) == 1


def test_it_shades_where_the_days_before_lay():
    values = (*range(29), 1000)

    assert band_of(values, OPEN) == Band(1, 27)


def test_it_judges_by_open_days_only():
    values = (0.0, 7.0) * 15
    closed = (True, False) * 15

    assert band_of(values, closed) == Band(7, 7)


def test_it_has_no_band_of_few_days():
    assert band_of((None,) * 23 + (1,) * 7, OPEN) is None


def test_it_leaves_gaps_between_bars():
    drawn = bars((5, None, 0, 10), (False, False, False, True), None, 10, "said")

    assert 'class="bar" d="M0 20v-10h2v10zM45 20v-0h2v0z"' in drawn
    assert 'class="last" d="M67.5 20v-20h2v20z"' in drawn


def test_it_draws_a_closed_day_paler():
    assert 'class="off" d="M0 20v-20h2v20z"' in bars((1, 1), (True, False), None, 1, "said")


def test_it_breaks_the_line_where_nobody_knows():
    drawn = line((0, 1, None, 1, None), None, 1, "said")

    assert 'd="M0 19.0L18 1.0M54 1.0h1"' in drawn
    assert "point" not in drawn


def test_it_marks_the_last_point():
    assert '<path class="point" d="M45 1.0h0"/>' in line((0, 1), None, 1, "said")


def test_it_says_what_it_shows():
    drawn = line((None,), None, 1, 'Failed: "last" <1%')

    assert 'role="img" aria-label="Failed: &quot;last&quot; &lt;1%"></svg>' in drawn


@given(values=VALUES, top=st.floats(1, 1e9))
def test_it_stays_inside_the_picture(values, top):
    band = band_of(values, OPEN)
    for drawn in (bars(values, OPEN, band, top, ""), line(values, band, top, "")):
        ElementTree.fromstring(drawn)
        for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", drawn):
            assert 0 <= float(x) < WIDTH
            assert 0 <= float(y) <= HEIGHT
