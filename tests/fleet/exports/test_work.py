"""From being asked for to shredded: each state in its turn, and nothing left at any end."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta

import pytest

from fleet.clock import now
from fleet.exports import cleaning, shredding, work
from fleet.exports.folders import package_path, sheet_paths
from fleet.exports.keys import signer
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.trail import read_trail
from fleet.exports.turns import Duty, turn
from fleet.exports.verify import verify
from tests.rig.export_center import NAME, NUMBER, ExportCenter

State = ExportedStudy.State
Why = ExportedStudy.Why
pytestmark = pytest.mark.django_db(transaction=True)


def run(study: ExportedStudy) -> ExportedStudy:
    """Look up and bring on whatever the study's region has, and return how the study is."""
    work.look_up_studies(study.export.region, now)
    work.bring_on(study.export.region, now)
    work.pack_studies(study.export.region, now)
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


def test_it_brings_a_study_to_its_preview_without_its_patient(asked, center):
    study = run(asked)
    raw = b"".join((center.folder / name).read_bytes() for name in center.files())

    assert (study.state, study.n_fetched, study.n_cleaned) == (State.PREVIEW, 3, 3)
    assert len(sheet_paths(study)) == study.n_sheets == 1
    assert NAME.encode() not in raw
    assert NUMBER.encode() not in raw


def test_it_packs_what_was_released_while_another_study_is_fetched(asked, center):
    center.release(run(asked), now())
    with turn(center.region, Duty.TRANSFER):
        work.pack_studies(center.region, now)
    study = fresh(asked)

    verdict = verify(package_path(study), signer().public_key())
    assert (study.state, verdict.problems, verdict.is_trusted) == (State.READY, (), True)
    assert study.package_bytes == package_path(study).stat().st_size
    assert said_of_it(study) == [0.1, 0.8]
    assert events(asked) == ["looked_up", "fetched", "cleaned", "packed"]
    shredding.expire(study.expires_at)
    assert (fresh(asked).state, center.files()) == (State.SHREDDED, [])
    assert read_trail().broken is None


def said_of_it(study: ExportedStudy) -> list[float]:
    """Return the scores that the package holds."""
    with zipfile.ZipFile(package_path(study)) as package:
        [name] = [name for name in package.namelist() if name.endswith("predictions.jsonl")]
        return sorted(json.loads(line)["score"] for line in package.read(name).splitlines())


def test_it_fetches_a_study_once_for_two_projects_with_their_own_pseudonyms(asked, center):
    other = center.ask("s-1", now(), project="other")
    run(asked)
    patients = [cleaning.kept(study).study.taken[0].outcome.study for study in (asked, other)]

    assert {fresh(asked).state, fresh(other).state} == {State.PREVIEW}
    assert len(center.archive.said("fetched")) == 3
    assert patients[0] != patients[1]


def test_it_does_nothing_while_another_worker_has_the_turn(asked, center):
    with turn(center.region, Duty.TRANSFER):
        assert work.bring_on(center.region, now) is None
