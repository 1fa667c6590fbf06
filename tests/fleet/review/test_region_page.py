"""The region's page: every number has its rollup, and what is missing is said precisely."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import pytest
from django.utils import translation

from fleet.review.day import review
from fleet.review.region_page import region_page
from regions.models import DailyScore, HourlyCause, HourlyOutput, Region, RegionStatus
from tests.builders import NOW, TODAY, make_daily, make_path, make_region, make_status, make_tunnel
from tests.rig.region_rows import ALL_VIEWS, fill_days

pytestmark = pytest.mark.django_db
TOKENS = (Path(__file__).parents[3] / "static" / "css" / "tokens.css").read_text()
MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def region():
    region = make_region()
    make_tunnel(make_path(region))
    fill_days(region, TODAY, NOW)
    return region


def page():
    shown = review(TODAY, NOW, Region.objects.all())
    return region_page(shown, RegionStatus.objects.first(), MOSCOW)


def sections():
    return {section.key: section for section in page().sections}


def charts():
    return {chart.key: chart for section in page().sections for chart in section.charts}


def painted(value):
    """Return the figure with a real colour for each token, as the browser gets it."""
    if isinstance(value, dict):
        return {key: painted(one) for key, one in value.items()}
    if isinstance(value, list):
        return [painted(one) for one in value]
    return "#123456" if isinstance(value, str) and value.startswith("--") else value


def test_plotly_accepts_every_figure(region):
    plots = page().plots

    for plot in plots.values():
        go.Figure(painted(plot))
    assert {"volume", "latency", "class-mix", "score-0", "input-kvp", "node-positives"} < set(plots)


def test_it_uses_tokens_that_the_style_sheet_has(region):
    used = set(re.findall(r"'(--[a-z-]+)'", repr(page().plots)))

    assert len(used) > 5
    assert [name for name in used if f"{name}:" not in TOKENS] == []


def test_its_nodes_are_sums_of_the_rollups(region):
    by_node = dict(row for row in charts()["node-scores"].tables[0].rows)

    rows = HourlyOutput.objects.filter(node="gpu-1", hour__gte=NOW - timedelta(hours=13))
    assert by_node["gpu-1"] == str(sum(row.n_scored for row in rows))


def test_its_garbage_is_a_sum_of_the_rollups(region):
    rows = charts()["cause-rejected"].tables[0].rows

    n = HourlyCause.objects.filter(hour__gte=NOW - timedelta(hours=13), reason="series").count()
    assert rows[0] == ("series", "source", str(2 * n))


@pytest.mark.parametrize(
    ("view", "keys"), [("prediction", {"scores", "nodes"}), ("processing", {"no-answers"})]
)
def test_it_says_which_view_is_not_provided(region, view, keys):
    views = ",".join(name for name in ALL_VIEWS.split(",") if name != view)
    RegionStatus.objects.update(provides=views)

    absent = f"Not provided by this region: its contract has no view “{view}”."
    said = {key for key, one in (sections() | charts()).items() if one.missing == absent}
    assert said == keys


def test_it_says_no_data_yet_before_the_first_collection():
    make_region()

    assert {section.missing for section in sections().values()} == {"No data yet."}


def test_it_says_that_hours_are_gone_when_only_the_day_is_kept():
    region = make_region()
    make_status(region)
    make_daily(region, n_failed=1)

    missing = {key: section.missing for key, section in sections().items()}
    gone = "Hours are kept for 90 days; this day's are gone."
    assert missing["hours"] == missing["nodes"] == missing["causes"] == gone


def test_one_broken_section_breaks_nothing_else(region, caplog):
    DailyScore.objects.update(score_histogram=[None] * 64)

    found = sections()

    assert found["scores"].missing.startswith("This could not be computed.")
    assert [key for key, one in found.items() if one.missing] == ["scores"]
    assert "section scores" in caplog.text


def test_it_shows_stale_numbers_as_stale(region):
    RegionStatus.objects.update(last_success_at=NOW - timedelta(hours=8))

    shown = page()

    assert shown.is_stale
    assert shown.line.is_bracketed


def test_it_lists_what_the_region_does_not_give(region):
    missing = charts()["not-given"].missing

    assert missing.startswith("Not given by this region: Images in a study, ")
    assert "Body part" in missing
    assert "Tube voltage" not in missing


def test_it_says_when_nothing_went_wrong():
    region = make_region()
    make_status(region)
    make_daily(region)

    assert sections()["causes"].missing.startswith("Nothing was refused, nothing failed")


def test_it_speaks_russian(region):
    with translation.override("ru"):
        said = page()

    english = re.compile(r"[A-Za-z]{4,} [a-z]{3,}")
    titles = [chart.title for section in said.sections for chart in section.charts]
    assert [title for title in titles if english.search(title)] == []


def test_it_offers_a_line_for_each_device_model(region):
    lines = charts()["input-kvp"].plot["data"][2:]

    assert [line["name"] for line in lines] == [
        "Acme Mammo 3",
        "\u2068Röntgen &lt;b&gt;Ω&lt;/b&gt;\u2069",
    ]
    assert {line["visible"] for line in lines} == {"legendonly"}
