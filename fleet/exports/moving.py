"""Move a study from state to state, only from the one that it is in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.trail import record

State = ExportedStudy.State
ENDS = {
    State.UNAVAILABLE: ExportEvent.Kind.UNAVAILABLE,
    State.FAILED: ExportEvent.Kind.FAILED,
    State.CANCELLED: ExportEvent.Kind.CANCELLED,
}
LONGEST_SENTENCE = 500


class Overtaken(Exception):
    """Somebody else has moved the study meanwhile; whatever was to be written is void."""


class Ended(Exception):
    """The study cannot go on; `why` and the sentence stand."""

    def __init__(self, why: ExportedStudy.Why, sentence: str) -> None:
        super().__init__(sentence)
        self.why = why
        self.sentence = sentence


@transaction.atomic
def move(
    study: ExportedStudy,
    to: State,
    now: datetime,
    *,
    event: ExportEvent.Kind | None = None,
    detail: str = "",
    **values: object,
) -> None:
    """Bring the study to another state, with the row in the trail that belongs to it.

    Raises Overtaken when it is no longer in the state that `study` says.
    """
    values = {"state": to, "state_since": now, "planned_at": None, **values}
    if not ExportedStudy.objects.filter(pk=study.pk, state=study.state).update(**values):
        raise Overtaken
    for name, value in values.items():
        setattr(study, name, value)
    if event:
        record(event, "", study.export, now, study_ref=study.study_ref, detail=detail)


def end(
    study: ExportedStudy,
    state: State,
    now: datetime,
    why: ExportedStudy.Why | None = None,
    sentence: str = "",
) -> None:
    """End the study for good. Raises Overtaken."""
    sentence = sentence[:LONGEST_SENTENCE]
    # Of a cancel the trail knows already, and who it was.
    event = None if state == State.CANCELLED else ENDS[state]
    move(
        study,
        state,
        now,
        event=event,
        detail=": ".join(filter(None, [why.value if why else "", sentence])),
        why=why.value if why else "",
        sentence=sentence,
        retry_at=None,
        n_bytes_reserved=0,
    )
