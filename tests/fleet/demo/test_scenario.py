from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from django.core.validators import RegexValidator

from fleet.demo.scenario import FEWEST, MOST, Part, Way, all_codes, cast
from fleet.demo.sham import Shape
from regions.models.region import CODE_PATTERN


def ways(n_regions: int) -> Counter[Way]:
    return Counter(part.way for part in cast(n_regions))


def test_it_shows_every_state_with_six_regions() -> None:
    assert ways(6) == {Way.DIRECT: 1, Way.SSH: 2, Way.STALE: 1, Way.DOWN: 1, Way.NONE: 1}


def test_it_puts_four_of_six_regions_behind_ssh() -> None:
    assert sum(part.is_behind_ssh for part in cast(6)) == 4


def test_it_has_a_direct_a_tunnelled_and_a_lost_region_with_three() -> None:
    assert ways(3) == {Way.DIRECT: 1, Way.SSH: 1, Way.DOWN: 1}


@pytest.mark.parametrize("n_regions", [FEWEST, 4, 5, 6, 7, 35, MOST])
def test_it_casts_as_many_regions_as_asked(n_regions: int) -> None:
    codes = {part.code for part in cast(n_regions)}

    assert len(codes) == n_regions
    assert codes <= all_codes()


def test_it_keeps_most_regions_well_when_there_are_many() -> None:
    assert ways(MOST)[Way.SSH] > 75


def test_it_gives_every_region_a_good_code_and_a_known_zone() -> None:
    is_code = RegexValidator(CODE_PATTERN)

    for part in cast(MOST):
        is_code(part.code)
        assert ZoneInfo(part.sham.zone)


def test_it_has_native_tables_of_both_shapes() -> None:
    assert {part.sham.shape for part in cast(FEWEST)} == set(Shape)


def test_it_writes_fewer_studies_a_region_when_there_are_more() -> None:
    def busiest(parts: list[Part]) -> int:
        return max(part.sham.studies_per_day for part in parts)

    assert busiest(cast(MOST)) < busiest(cast(12)) < busiest(cast(3))
