"""Who may ask for studies, let them go, and see what was asked for."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_sources import ExportPolicy, ExportRight, StudySource
from fleet.people.models import Role
from fleet.people.rights import Account, may_act_as, visible_regions
from regions.models import Region

Deed = ExportRight.Deed


def may_ask(account: Account, region: Region) -> bool:
    """Whether the account may ask for studies of the region."""
    return _may(account, region, Deed.ASK)


def may_approve(account: Account, export: Export) -> bool:
    """Whether the account may let others' requests go; nobody decides about their own."""
    is_own = export.requester_id == account.pk
    return not is_own and _may(account, export.region, Deed.APPROVE)


def may_look_through(account: Account, export: Export) -> bool:
    """Whether the account may look through the contact sheets and release or reject a study."""
    return may_ask(account, export.region) or _may(account, export.region, Deed.APPROVE)


def may_steer(account: Account, export: Export) -> bool:
    """Whether the account may pause, go on with, cancel and prioritise the export."""
    return (export.requester_id == account.pk and may_ask(account, export.region)) or _may(
        account, export.region, Deed.APPROVE
    )


def why_not_ask(account: Account, region: Region) -> str:
    """Return the sentence why the account cannot ask for the region's studies; empty if it can."""
    words = {"region": region.name}
    if not may_ask(account, region):
        return (
            _(
                "You have no right to ask for studies of %(region)s. An administrator grants it "
                "in the configuration, under “Rights to export”."
            )
            % words
        )
    policy = ExportPolicy.objects.filter(region=region).first()
    if policy is None or not policy.is_allowed:
        return (
            _(
                "Studies may not leave %(region)s: its export policy does not allow it. "
                "An administrator changes that in the configuration."
            )
            % words
        )
    if not StudySource.objects.filter(region=region, is_enabled=True).exists():
        return (
            _(
                "No archive of %(region)s is configured, so there is nothing to fetch studies "
                "from. An administrator adds one in the configuration, under “Study sources”."
            )
            % words
        )
    return ""


def why_not_take(account: Account, export: Export) -> str:
    """Return the sentence why the account cannot download packages of the export; empty if it can.

    Others may have the same study: they ask for it with a reason of their own.
    """
    region = export.region
    if (
        (export.requester_id == account.pk and may_ask(account, region))
        or (export.decided_by_id == account.pk and _may(account, region, Deed.APPROVE))
        or (may_act_as(account, Role.ADMIN) and visible_regions(account).contains(region))
    ):
        return ""
    return _(
        "Who asked for it, who approved it and administrators may download this package. "
        "Ask for the study yourself, with your own reason."
    )


def visible_exports(account: Account) -> QuerySet[Export]:
    """Return the exports of the regions that the account may see."""
    return Export.objects.filter(region__in=visible_regions(account))


def waiting_for(account: Account) -> QuerySet[Export]:
    """Return the exports that the account may decide about, or look through, and nobody has."""
    studies = ExportedStudy.objects.filter(export=OuterRef("pk"))
    undecided = Exists(studies.filter(state=ExportedStudy.State.WAITING_APPROVAL))
    unseen = Exists(studies.filter(state=ExportedStudy.State.PREVIEW, looked_through_at=None))
    to_decide = Q(undecided, region__in=_regions(account, Deed.APPROVE)) & ~Q(requester=account.pk)
    return Export.objects.filter(to_decide | Q(unseen, region__in=_regions(account, *Deed)))


def export_or_404(account: Account, pk: int) -> Export:
    """Return the export; raise Http404 alike for one that is not there and one of other regions."""
    found = visible_exports(account).select_related("region", "requester", "decided_by")
    export = found.filter(pk=pk).first()
    if export is None:
        raise Http404(pk)
    return export


def study_or_404(account: Account, pk: int) -> ExportedStudy:
    """Return the study with its export; raise Http404 as `export_or_404` does."""
    named = ExportedStudy.objects.select_related("export__region", "export__requester")
    study = named.filter(pk=pk, export__in=visible_exports(account)).first()
    if study is None:
        raise Http404(pk)
    return study


def _may(account: Account, region: Region, deed: Deed) -> bool:
    return _regions(account, deed).filter(pk=region.pk).exists()


def _regions(account: Account, *deeds: Deed) -> QuerySet[Region]:
    """Return the regions that the account sees, and in which it has one of the rights."""
    rights = ExportRight.objects.filter(person__user=account.pk, deed__in=deeds)
    here = rights.filter(Q(region=None) | Q(region=OuterRef("pk")))
    return visible_regions(account).filter(Exists(here))
