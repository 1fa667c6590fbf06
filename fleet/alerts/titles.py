"""What an alert of each kind says in a few words: the same in a list, on its page, in a message."""

from __future__ import annotations

from django.utils.translation import gettext as _


def titles() -> dict[str, str]:
    """Return the words for every kind, in the active language."""
    return {
        "link_lost": _("The region cannot be reached"),
        "data_stale": _("The newest data are too old"),
        "region_silent": _("No studies come in"),
        "volume_shift": _("More or fewer studies than usual"),
        "errors_up": _("More studies fail than usual"),
        "latency_up": _("Answers take longer than usual"),
        "backlog": _("More and more studies wait for an answer"),
        "input_drift": _("What comes in differs from before"),
        "new_category": _("Something came in that was never seen before"),
        "outputs_identical": _("A model answers the same to different studies"),
        "class_collapse": _("A model gives a class far more or less often than before"),
        "output_drift": _("What a model answers differs from before"),
        "unlike_peers": _("A model answers unlike the same version elsewhere"),
        "version_unexpected": _("A version runs that was not announced"),
        "clock_skew": _("The region's clock is wrong"),
        "contract_broken": _("The region's tables break the contract"),
        "collector_blind": _("The center is blind: the fault is here"),
    }


def title(kind: str) -> str:
    """Return the words for one kind; its code, if the kind is gone."""
    return titles().get(kind, kind)
