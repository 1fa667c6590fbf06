"""The exporter is killed twenty times, wherever it is, and the study comes to its package."""

from __future__ import annotations

import os
import time
import zipfile
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from fleet.clock import now
from fleet.exports.folders import package_path
from fleet.exports.keys import signer
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.shredding import sweep
from fleet.exports.verify import verify
from tests.rig.export_center import SECRET, ExportCenter, signing_pem
from tests.rig.exporter import Exporter

State = ExportedStudy.State
N_IMAGES = 12
# So often in each state, after a random moment in it.
KILLS = {State.FETCHING: 11, State.CLEANING: 4, State.VALIDATING: 3, State.READY: 2}
LONGEST_S = {State.FETCHING: 0.15, State.CLEANING: 0.9, State.VALIDATING: 0.7, State.READY: 0.05}
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.integration]


@pytest.fixture
def exporter(center: ExportCenter, tmp_path: Path):
    settings = {
        "FLEET_EXPORT_DIR": str(center.folder),
        "FLEET_EXPORT_KEY": SECRET,
        "FLEET_EXPORT_SIGNING_KEY": signing_pem(),
    }
    exporter = Exporter(center.region.code, center.archive, tmp_path, settings)
    exporter.start()
    yield exporter
    exporter.stop()


def wait_for(study: ExportedStudy, *states: str) -> None:
    deadline = time.monotonic() + 60
    while ExportedStudy.objects.get(pk=study.pk).state not in states:
        assert time.monotonic() < deadline, ExportedStudy.objects.get(pk=study.pk)
        time.sleep(0.005)


def kill_in(exporter: Exporter, study: ExportedStudy, state: str, random: Random) -> None:
    wait_for(study, state, State.PREVIEW)
    time.sleep(random.uniform(0, LONGEST_S[state]))
    exporter.kill()


def test_it_is_killed_twenty_times_and_loses_nothing(exporter, center):
    random = Random(os.urandom(8))
    center.study("s-1", now(), n=N_IMAGES)
    study = center.ask("s-1", now())
    for state in (State.FETCHING, State.CLEANING, State.VALIDATING):
        for _ in range(KILLS[state]):
            kill_in(exporter, study, state, random)
    wait_for(study, State.PREVIEW)
    center.release(study, now())
    for _ in range(KILLS[State.READY]):
        time.sleep(random.uniform(0, LONGEST_S[State.READY]))
        exporter.kill()
    wait_for(study, State.READY)
    exporter.stop()
    sweep(now())

    begun = Counter(name for [name] in center.archive.said("begun"))
    assert sum(begun.values()) - N_IMAGES <= sum(KILLS.values())
    assert max(Counter(name for [name] in center.archive.said("fetched")).values()) == 1
    check_package(study)
    assert [name.split("/")[0] for name in center.files()] == ["packages", "previews"]


def check_package(study: ExportedStudy) -> None:
    package = package_path(study)
    verdict = verify(package, signer().public_key())
    with zipfile.ZipFile(package) as archive:
        n_images = sum(name.endswith(".dcm") for name in archive.namelist())
    kinds = Counter(ExportEvent.objects.values_list("kind", flat=True))
    assert (verdict.problems, verdict.is_trusted, n_images) == ((), True, N_IMAGES)
    assert kinds["packed"] == kinds["looked_up"] == 1
