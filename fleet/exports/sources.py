"""The ways that a region's study sources stand for."""

from __future__ import annotations

from collections.abc import Callable

from fleet.exports.models_sources import StudySource
from fleet.exports.ways.dicomweb import DicomwebWay
from fleet.exports.ways.dimse import DimseWay
from fleet.exports.ways.dimse_source import DimseSource
from fleet.exports.ways.orthanc import OrthancWay
from fleet.exports.ways.reach import Reach
from fleet.exports.ways.sftp import SftpWay
from fleet.exports.ways.sftp_folder import SftpSource
from fleet.exports.ways.tls import Certificate
from fleet.exports.ways.way import Trouble, Way, WayFailed
from fleet.exports.ways.web import WebSource
from regions.credentials import CredentialError, reveal

Kind = StudySource.Kind


def open_way(source: StudySource, reach: Reach) -> Way:
    """Return the way, which has not connected yet. Raises WayFailed(CONFIGURATION)."""
    return WAYS[source.kind](source, reach)


def _web(source: StudySource) -> WebSource:
    return WebSource(
        name=str(source),
        host=source.host,
        port=source.port or 0,
        base_path=source.base_path,
        username=source.username,
        password=_password(source),
        lookup_tag=_tag(source),
        certificate=_certificate(source),
    )


def _pacs(source: StudySource) -> DimseSource:
    return DimseSource(
        name=str(source),
        host=source.host,
        port=source.port or 0,
        called_ae_title=source.called_ae_title,
        calling_ae_title=source.calling_ae_title,
        lookup_tag=_tag(source),
        certificate=_certificate(source),
    )


def _password(source: StudySource) -> str:
    try:
        return reveal(source.password) if source.password else ""
    except CredentialError as error:
        raise WayFailed(Trouble.CONFIGURATION, str(error)) from None


def _certificate(source: StudySource) -> Certificate | None:
    if not source.certificate:
        return None
    return Certificate(f"The study source {source}", source.certificate)


def _tag(source: StudySource) -> str:
    return source.lookup_tag if source.lookup == StudySource.Lookup.TAG else ""


WAYS: dict[str, Callable[[StudySource, Reach], Way]] = {
    Kind.ORTHANC: lambda source, reach: OrthancWay(reach, _web(source)),
    Kind.SFTP: lambda source, reach: SftpWay(reach, SftpSource(str(source), source.base_path)),
    Kind.DICOMWEB: lambda source, reach: DicomwebWay(reach, _web(source)),
    Kind.DIMSE: lambda source, reach: DimseWay(reach, _pacs(source)),
}
