"""What a finding says beside its number: kept as values, said in the reader's language."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.alerts.models import Finding
from fleet.review.figures import day_name

DAY = timedelta(days=1)


def detail_of(finding: Finding) -> str:
    """Return a sentence in the active language, in which a region's own words stand as they came;
    "" where there is no more to say."""
    if finding.kind == "unlike_peers" and finding.span == DAY:
        # A week is compared for its shares, a day for how widely its scores spread.
        return _("The scores of %(name)s hardly move.") % {"name": finding.attribute}
    if finding.kind == "outputs_identical" and finding.n_others is not None:
        return _repeats(finding, finding.n_others)
    if finding.kind == "version_unexpected" and (finding.ran_until or finding.usual_version):
        return _version(finding, finding.n_others or 0)
    return finding.detail


def _repeats(finding: Finding, n_fine: int) -> str:
    words = {
        "node": finding.attribute or "–",
        "model": finding.service,
        "version": finding.version,
    }
    what = _("Node %(node)s repeats its answers on version %(version)s of %(model)s.") % words
    if not n_fine:
        return what
    others = ngettext(
        "%(n)s other region on this version is fine.",
        "%(n)s other regions on this version are fine.",
        n_fine,
    )
    return f"{what} {others % {'n': n_fine}}"


def _version(finding: Finding, n_others: int) -> str:
    said = []
    if finding.ran_until:
        words = {
            "version": finding.version,
            "model": finding.service,
            "day": day_name(finding.ran_until),
        }
        said.append(
            _("Version %(version)s of %(model)s ran here until %(day)s and is back.") % words
        )
    if finding.usual_version:
        others = ngettext(
            "%(n)s other region runs %(usual)s.",
            "%(n)s other regions run %(usual)s.",
            n_others,
        )
        said.append(others % {"n": n_others, "usual": finding.usual_version})
    return " ".join(said)
