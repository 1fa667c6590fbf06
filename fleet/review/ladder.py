"""The ladder of reasons: what stands above what on the page, and why in words. Pure."""

from __future__ import annotations

from enum import IntEnum

from django.utils.translation import gettext as _

# Ranks within a rung order its rules: 10 * rung + n.
RANKS = 10
# The rank of a region without a reason.
FINE_RANK = 100


class Rung(IntEnum):
    """Wrong answers will stand at 2, between what fails and what is lost."""

    FAILING = 1
    LOST = 3
    UNUSUAL = 4
    QUALITY = 5
    HOUSEKEEPING = 6


def place(rank: int) -> str:
    """Return why a row whose first reason has this rank stands where it stands."""
    sentences = {
        Rung.FAILING: _("Stands first because answers or access fail now."),
        Rung.LOST: _("Stands here because link or data are lost, below what fails."),
        Rung.UNUSUAL: _("Stands here because numbers are unusual, below what is lost."),
        Rung.QUALITY: _("Stands here because data are faulty, below unusual numbers."),
        Rung.HOUSEKEEPING: _("Stands here because it is housekeeping, below all else."),
    }
    return sentences[Rung(rank // RANKS)]
