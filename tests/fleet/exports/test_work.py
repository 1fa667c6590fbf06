"""From being asked for to shredded: each state in its turn, and nothing left at any end."""

from __future__ import annotations

import zipfile
from datetime import timedelta

import pytest

from fleet.clock import now
from fleet.exports import shredding, work
from fleet.exports.folders import package_path, sheet_paths
from fleet.exports.keys import signer
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.trail import verify_trail
from fleet.exports.verify import verify
from tests.rig.export_center import NAME, NUMBER, ExportCenter

State = ExportedStudy.State
Why = ExportedStudy.Why
pytestmark = pytest.mark.django_db(transaction=True)


def run(study: ExportedStudy) -> ExportedStudy:
    """Look up and bring on whatever the study's region has, and return how the study is."""
    work.look_up_studies(study.export.region, now)
    work.bring_on(study.export.region, now)
    return fresh(study)


def fresh(study: ExportedStudy) -> ExportedStudy:
    return ExportedStudy.objects.select_related("export__region").get(pk=study.pk)


def events(study: ExportedStudy) -> list[str]:
    rows = ExportEvent.objects.filter(export_id=study.export_id).order_by("pk")
    return list(rows.values_list("kind", flat=True))


@pytest.fixture
def asked(center: ExportCenter) -> ExportedStudy:
    center.study("s-1", now() - timedelta(days=1))
    return center.ask("s-1", now())


def test_it_brings_a_study_to_its_preview(asked):
    study = run(asked)

    assert (study.state, study.n_fetched, study.n_cleaned, study.n_sheets) == (
        State.PREVIEW,
        3,
        3,
        1,
    )
    assert len(sheet_paths(study)) == 1


def test_it_keeps_nothing_of_the_patient_after_the_preview_is_drawn(asked, center):
    run(asked)

    raw = b"".join((center.folder / name).read_bytes() for name in center.files())
    assert NAME.encode() not in raw
    assert NUMBER.encode() not in raw


def test_it_packs_what_somebody_looked_through(asked, center):
    center.release(run(asked), now())
    study = run(asked)

    verdict = verify(package_path(study), signer().public_key())
    assert (study.state, verdict.problems, verdict.is_trusted) == (State.READY, (), True)
    assert study.package_bytes == package_path(study).stat().st_size


def test_it_packs_what_the_region_says_of_the_study(asked, center):
    center.release(run(asked), now())
    with zipfile.ZipFile(package_path(run(asked))) as package:
        names = {name.split("/")[-1]: name for name in package.namelist()}
        predictions = package.read(names["predictions.jsonl"]).decode()

    assert predictions.count('"model_code":"mammo-cls"') == 2
    assert '"score":0.8' in predictions


def test_it_writes_every_step_into_the_trail(asked, center):
    center.release(run(asked), now())
    run(asked)

    assert events(asked) == ["looked_up", "fetched", "cleaned", "packed"]
    assert verify_trail() is None


def test_it_shreds_a_package_whose_time_is_over(asked, center):
    center.release(run(asked), now())
    study = run(asked)
    shredding.expire(study.expires_at)

    assert fresh(study).state == State.SHREDDED
    assert center.files() == []


def test_it_fetches_a_study_once_for_two_exports(asked, center):
    other = center.ask("s-1", now(), project="other")
    run(asked)

    assert {fresh(asked).state, fresh(other).state} == {State.PREVIEW}
    assert len(center.archive.said("fetched")) == 3


def test_it_gives_projects_pseudonyms_of_their_own(asked, center):
    other = center.ask("s-1", now(), project="other")
    run(asked)
    for study in (asked, other):
        center.release(study, now())
    run(asked)

    assert package_path(asked).read_bytes() != package_path(other).read_bytes()


def test_it_does_nothing_while_another_worker_has_the_turn(asked, center):
    from fleet.exports.turns import Duty, turn

    with turn(center.region, Duty.TRANSFER):
        assert work.bring_on(center.region, now) is None
