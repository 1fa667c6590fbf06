from __future__ import annotations

from datetime import date, timedelta

import pytest

from fleet.review.cell_words import CellWords
from fleet.review.columns import Cell, Cells, Scales, columns
from fleet.review.day import RegionDay, review
from fleet.review.details import in_full
from fleet.review.figures import Figures, cut
from fleet.review.outputs import ModelPositives, ModelVersion
from regions.models import Region, RegionStatus
from tests.builders import NOW, TODAY, make_daily, make_healthy_region

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def the_row() -> RegionDay:
    page = review(TODAY, NOW, Region.objects.all())
    return in_full(page, {page.rows[0].region.pk}).rows[0]


def cells_of(row: RegionDay) -> dict[str, Cell]:
    scales = Scales.of([row.history] if row.history else [])
    cells = Cells(
        columns(), Figures.of_active_language(), scales, CellWords.of_active_language()
    ).of(row)
    return {cell.column.key: cell for cell in cells}


def test_it_shows_the_count_beside_what_is_usual():
    region = make_healthy_region(n_received=1388)
    for n in range(1, 9):
        make_daily(region, TODAY - 7 * n * DAY, n_received=1400)

    cell = cells_of(the_row())["studies"]

    assert (cell.value, cell.notes) == ("1,388", ("usually 1,400–1,400",))


def test_it_does_not_judge_by_two_days():
    region = make_healthy_region()
    for n in (1, 2):
        make_daily(region, TODAY - 7 * n * DAY, n_received=50 * n)

    assert cells_of(the_row())["studies"].notes == ("about 75 on 2 such days",)


def test_it_brackets_what_is_stale():
    make_healthy_region(n_received=412)
    RegionStatus.objects.update(last_success_at=NOW - 7 * timedelta(hours=1))

    cells = cells_of(the_row())

    assert (cells["studies"].value, cells["failed"].value) == ("(412)", "(0%)")


def test_it_shows_a_dash_where_nobody_knows():
    make_healthy_region()
    RegionStatus.objects.update(last_success_at=NOW - 2 * DAY)

    values = {cell.value for cell in cells_of(the_row()._replace(numbers=None)).values()}

    assert values == {"—"}


def test_it_says_of_how_many_rows_a_share_is_made():
    make_healthy_region()

    assert cells_of(the_row())["positive"].rows == "10 of 100"


def test_it_draws_three_columns():
    make_healthy_region()

    drawn = {key for key, cell in cells_of(the_row()).items() if cell.spark}

    assert drawn == {"studies", "failed", "positive"}


def test_it_draws_nothing_without_history():
    make_healthy_region()

    assert not any(cell.spark for cell in cells_of(the_row()._replace(history=None)).values())


def test_it_says_in_a_sentence_what_a_picture_shows():
    region = make_healthy_region(n_received=90)
    for n in range(1, 20):
        make_daily(region, TODAY - n * DAY)

    assert (
        'aria-label="Studies, 30 days: last 90, usually 100–100"'
        in cells_of(the_row())["studies"].spark
    )


def test_it_names_the_top_reason_of_rejection():
    make_healthy_region()
    row = the_row()._replace(top_rejection=("wrong_part", 1200))

    assert cells_of(row)["rejected"].notes == ("wrong_part: 1,200",)


def positives(model: str, share: float, usual: float | None) -> ModelPositives:
    return ModelPositives(model, "7", 100, round(100 * share), share, usual)


def test_it_names_the_model_that_is_oddest():
    make_healthy_region()
    models = (
        positives("lung", 0.5, 0.5),
        positives("mammo", 0.3, 0.1),
        positives("new", 0.9, None),
    )
    row = the_row()._replace(positives=models)

    assert cells_of(row)["positive"].notes == ("mammo: 30.0%, usually 10.0%",)


def test_it_does_not_repeat_the_share_of_the_only_model():
    make_healthy_region()
    row = the_row()._replace(positives=(positives("mammo", 0.1, 0.12),))

    assert cells_of(row)["positive"].notes == ("usually 12.0%",)


def test_it_names_new_versions_first():
    make_healthy_region()
    versions = tuple(
        ModelVersion("mammo", str(n), date(2026, 3, 9), is_new=n == 3) for n in range(1, 5)
    )

    notes = cells_of(the_row()._replace(versions=versions))["models"].notes

    assert notes == ("mammo 3, new since 9 Mar", "mammo 1", "and 2 more")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("mammo", "mammo"), ("a\n\t b", "a b"), ("x" * 2**20, "x" * 48 + "…"), ("", "")],
)
def test_it_cuts_a_regions_word(text, shown):
    assert cut(text) == shown
