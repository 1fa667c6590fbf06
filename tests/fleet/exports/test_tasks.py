from __future__ import annotations

import pytest

from fleet.alerts.models import Message
from fleet.clock import now
from fleet.exports import tasks
from fleet.exports.models import ExportedStudy
from fleet.exports.turns import Duty, turn
from tests.builders import make_channel, make_person, make_region
from tests.builders_exports import make_export, make_exported_study

State = ExportedStudy.State
pytestmark = pytest.mark.django_db(transaction=True)


def test_it_does_what_its_tasks_say(center):
    center.database.insert_study(now(), study_ref="s-1")
    code, study = center.region.code, center.ask("s-1", now())

    assert tasks.look_up(code) == f"{code}: 1 studies looked up."
    assert tasks.bring_on(code) == f"{code}: 0 steps done."
    assert tasks.pack(code) == f"{code}: 0 studies packed."
    assert tasks.clear_up() == "0 cancelled, 0 expired, 0 shredded that had ended."
    assert tasks.sweep() == "0 pieces that no study owned."
    study.refresh_from_db()
    assert (study.state, study.why) == (State.UNAVAILABLE, ExportedStudy.Why.DELETED)


@pytest.mark.parametrize(
    ("duty", "task", "said"),
    [
        (Duty.LOOK_UP, tasks.look_up, "another worker looks up."),
        (Duty.TRANSFER, tasks.bring_on, "another worker is at it."),
        (Duty.PACK, tasks.pack, "another worker packs."),
    ],
)
def test_a_task_that_comes_twice_works_once(center, duty, task, said):
    with turn(center.region, duty):
        assert task(center.region.code) == f"{center.region.code}: {said}"


def test_it_sweeps_only_where_there_was_an_export():
    assert tasks.plan_sweep() == "There are no exports."


def test_it_says_what_waits_for_a_person():
    make_channel()
    export = make_export(make_region(), make_person())
    make_exported_study(export, State.WAITING_APPROVAL)

    assert tasks.plan_exports().startswith("0 regions to look studies up in")
    assert "waits for a second person" in Message.objects.get().text
