"""Who may ask for studies, let them go, and see what was asked for."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_sources import ExportPolicy, ExportRight, StudySource
from fleet.people.rights import Account, visible_regions
from regions.models import Region

Deed = ExportRight.Deed


def may_ask(account: Account, region: Region) -> bool:
    """Whether the account may ask for studies of the region and take what is ready."""
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


def visible_exports(account: Account) -> QuerySet[Export]:
    """Return the exports of the regions that the account may see."""
    return Export.objects.filter(region__in=visible_regions(account))


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
    if not isinstance(account, User) or not visible_regions(account).filter(pk=region.pk).exists():
        return False
    rights = ExportRight.objects.filter(person__user=account, deed=deed)
    return rights.filter(Q(region=region) | Q(region=None)).exists()
