"""The demo's rows about exports: archives, rules, and who may ask and approve."""

from __future__ import annotations

from fleet.demo.contours import Contours
from fleet.demo.orthanc import Orthanc
from fleet.demo.registration import account
from fleet.demo.scenario import APPROVER, ONCALL, Keeps, Part
from fleet.demo.servers import LOOPBACK
from fleet.exports.models_sources import ExportPolicy, ExportRight, StudySource
from fleet.people.models import Person, Role
from regions.models import Region


def register(contours: Contours, password: str) -> None:
    """Let studies leave the regions that keep images; one of them asks for a second person.

    What was edited by hand stays, but for where the archives are.
    """
    for part in contours.parts:
        region = Region.objects.get(code=part.code)
        if part.keeps is Keeps.NOWHERE:
            StudySource.objects.filter(region=region).delete()
            continue
        StudySource.objects.update_or_create(
            region=region, position=1, defaults=_source(contours, part)
        )
        ExportPolicy.objects.get_or_create(
            region=region,
            defaults={"is_allowed": True, "needs_approval": part.keeps is Keeps.ORTHANC},
        )
    _let(ONCALL, password, ExportRight.Deed.ASK)
    _let(APPROVER, password, ExportRight.Deed.APPROVE)


def _source(contours: Contours, part: Part) -> dict[str, object]:
    orthanc: Orthanc | None = contours.orthancs.get(part.code)
    if orthanc is None:
        # Where SFTP begins is the folder of images itself.
        return {"kind": StudySource.Kind.SFTP, "base_path": "{study_ref}"}
    return {
        "kind": StudySource.Kind.ORTHANC,
        "host": LOOPBACK,
        "port": orthanc.port,
        "username": orthanc.user,
        "password": f"file:{orthanc.folder / 'password'}",
        "base_path": "",
    }


def _let(name: str, password: str, deed: ExportRight.Deed) -> None:
    person, _created = Person.objects.get_or_create(
        user=account(name, password), defaults={"role": Role.ON_CALL, "sees_all_regions": True}
    )
    ExportRight.objects.get_or_create(person=person, region=None, deed=deed)
