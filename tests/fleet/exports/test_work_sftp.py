"""The whole way through a real SSH server, beside a direct path that has no files."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.clock import now
from fleet.demo.ssh import SshServer
from fleet.exports import sources, work
from fleet.exports.models import ExportedStudy
from fleet.exports.models_sources import StudySource
from fleet.exports.sources import SftpSource, SftpWay
from regions.models import AccessPath, SshHop
from tests.rig.export_center import ExportCenter

State = ExportedStudy.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.integration]


@pytest.fixture
def shelf(server_folder: Path, center: ExportCenter, monkeypatch: pytest.MonkeyPatch):
    """The archive's folder, behind an SSH server that the region's second path leads to."""
    shelf = server_folder / "shelf"
    shelf.mkdir(mode=0o755)
    server = SshServer(server_folder / "ssh", [], archive=shelf)
    server.start()
    path = AccessPath.objects.create(region=center.region, position=2, kind=AccessPath.Kind.SSH)
    SshHop.objects.create(
        path=path,
        host=server.host,
        port=server.port,
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
    yield shelf
    server.stop()


def test_it_fetches_through_ssh(center, shelf):
    center.study("s-1", now())
    study = center.ask("s-1", now())
    work.look_up_studies(center.region, now)
    work.bring_on(center.region, now)

    study.refresh_from_db()
    assert (study.state, study.n_cleaned, study.sentence) == (State.PREVIEW, 3, "")
