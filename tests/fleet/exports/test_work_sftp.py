"""The whole way through a real SSH server, beside a direct path that has no files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from fleet.clock import now
from fleet.demo.relay import Relay
from fleet.demo.ssh import SshServer
from fleet.exports import sources, work
from fleet.exports.models import ExportedStudy
from fleet.exports.models_sources import StudySource
from fleet.exports.sources import SftpSource, SftpWay
from regions.models import AccessPath, Region, SshHop
from tests.rig.export_center import ExportCenter

State = ExportedStudy.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.integration]


@pytest.fixture
def line(
    server_folder: Path,
    center: ExportCenter,
    monkeypatch: pytest.MonkeyPatch,
    relay: Callable[..., Relay],
):
    """The line to the archive's SSH server, to which the region's second path leads."""
    shelf = server_folder / "shelf"
    shelf.mkdir(mode=0o755)
    server = SshServer(server_folder / "ssh", [], archive=shelf)
    server.start()
    path = AccessPath.objects.create(region=center.region, position=2, kind=AccessPath.Kind.SSH)
    SshHop.objects.create(
        path=path,
        host=server.host,
        port=(line := relay(server.port, delay=0.04)).port,
        user=server.user,
        private_key=f"file:{server.private_key_path}",
        host_key=server.host_key_line,
    )
    center.archive.root = shelf
    StudySource.objects.update(base_path="{study_ref}")
    monkeypatch.setitem(
        sources.WAYS,
        "sftp",
        lambda source, reach: SftpWay(reach, SftpSource(str(source), source.base_path)),
    )
    yield line
    server.stop()


def test_it_stops_within_seconds_though_the_line_is_mute(center, line):
    center.study("s-1", now(), n=12)
    study = center.ask("s-1", now())
    work.look_up_studies(center.region, now)
    worker = threading.Thread(target=bring_on, args=[center.region])
    worker.start()
    while not study.n_fetched:
        time.sleep(0.01)
        study.refresh_from_db()
    line.mode = "mute"
    ExportedStudy.objects.update(wants_cancel=True)
    worker.join(timeout=5)

    study.refresh_from_db()
    assert (worker.is_alive(), study.state) == (False, State.CANCELLED)
    assert center.files() == []


def bring_on(region: Region) -> None:
    work.bring_on(region, now)
    connection.close()


def test_it_fetches_through_ssh(center, line):
    center.study("s-1", now())
    study = center.ask("s-1", now())
    work.look_up_studies(center.region, now)
    work.bring_on(center.region, now)

    study.refresh_from_db()
    assert (study.state, study.n_cleaned, study.sentence) == (State.PREVIEW, 3, "")
