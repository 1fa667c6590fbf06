from __future__ import annotations

import pytest

from fleet.exports.models import ExportedStudy
from fleet.exports.room import COPIES, KEPT_FREE, Disk, NoRoom, reserve
from tests.builders import NOW, make_region
from tests.rig.export_center import ask

pytestmark = pytest.mark.django_db
SIZE = 10**9
EMPTY = Disk(total=10**12, free=COPIES * SIZE + KEPT_FREE)


@pytest.fixture
def studies() -> list[ExportedStudy]:
    region = make_region()
    return [ask(region, "s-1", NOW), ask(region, "s-2", NOW)]


def test_it_sets_room_aside_for_all_copies(studies):
    reserve(studies[0], SIZE, EMPTY)

    assert ExportedStudy.objects.get(pk=studies[0].pk).n_bytes_reserved == COPIES * SIZE


def test_it_gives_the_last_room_to_one(studies):
    reserve(studies[0], SIZE, EMPTY)

    with pytest.raises(NoRoom) as refused:
        reserve(studies[1], SIZE, EMPTY)
    assert not refused.value.is_hopeless


def test_it_counts_what_has_come_already_as_used(studies):
    reserve(studies[0], SIZE, EMPTY)
    ExportedStudy.objects.filter(pk=studies[0].pk).update(n_bytes_fetched=SIZE)
    disk = Disk(total=10**12, free=EMPTY.free - SIZE)

    with pytest.raises(NoRoom):
        reserve(studies[1], SIZE // 1000, disk)


def test_it_lets_a_study_go_on_in_its_own_room(studies):
    reserve(studies[0], SIZE, EMPTY)
    studies[0].n_bytes_fetched = SIZE
    reserve(studies[0], SIZE, Disk(total=10**12, free=EMPTY.free - SIZE))


def test_it_knows_when_no_waiting_helps(studies):
    with pytest.raises(NoRoom) as refused:
        reserve(studies[0], SIZE, Disk(total=SIZE, free=SIZE))
    assert refused.value.is_hopeless
