"""Why a region needs a look: ordered reasons as values. Pure; sentences in the active language.

A rule answers one question about a situation. Each states its rank on the ladder.
"""

from __future__ import annotations

from collections.abc import Callable

from fleet.review.figures import Figures
from fleet.review.rules import answers, quality, reach, volume
from fleet.review.rules.alerts import alert_reasons
from fleet.review.situation import Reason, Situation

Rule = Callable[[Situation, Figures], Reason | None]

RULES: tuple[Rule, ...] = (
    answers.no_answers,
    answers.many_failed,
    reach.will_not_heal,
    reach.data_missing,
    reach.link_lost,
    reach.collection_fails,
    volume.no_studies,
    volume.unusual_volume,
    answers.slow_answers,
    answers.many_fallbacks,
    quality.misdated,
    quality.unknown_outcomes,
    quality.bad_latencies,
    quality.capped,
    answers.many_rejected,
    volume.learning,
)


def reasons(situation: Situation, figures: Figures) -> tuple[Reason, ...]:
    """Return why the region needs a look, the most urgent reason first; nothing when it is fine."""
    found = [reason for rule in RULES if (reason := rule(situation, figures))]
    found += alert_reasons(situation.alerts, found)
    return tuple(sorted(found, key=lambda reason: reason.rank))
