"""What becomes of a study when something fails: another try a little later, or an end."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleet.exports.models import ExportedStudy
from fleet.exports.moving import LONGEST_SENTENCE, Ended, move
from fleet.exports.room import NoRoom
from fleet.exports.ways.way import Trouble, WayFailed

State = ExportedStudy.State
Why = ExportedStudy.Why
FIRST_BACK_OFF = timedelta(seconds=5)
LONGEST_BACK_OFF = timedelta(minutes=30)
WHY = {
    Trouble.LINK: Why.PATH_CLOSED,
    Trouble.TIMEOUT: Why.PATH_CLOSED,
    Trouble.AUTH: Why.PATH_CLOSED,
    Trouble.GONE: Why.SOURCE,
    Trouble.CONFIGURATION: Why.NO_SOURCE,
    Trouble.PROTOCOL: Why.SOURCE,
    Trouble.DISK_FULL: Why.DISK_FULL,
}
# How often in a row each is tried. Who asks for a study wants an answer; who has half of one wants
# the rest, for some two hours.
TRIES_TO_LOOK_UP = {Trouble.LINK: 4, Trouble.TIMEOUT: 3}
TRIES_TO_FETCH = {
    Trouble.LINK: 12,
    Trouble.TIMEOUT: 12,
    Trouble.AUTH: 12,
    Trouble.CONFIGURATION: 12,
    Trouble.GONE: 3,
    Trouble.PROTOCOL: 3,
}
TRIES_FOR_ROOM = 12
TRIES_OF_OURS = 3


def after_look_up(study: ExportedStudy, failure: WayFailed, now: datetime) -> None:
    """Let the study be looked up again later. Raises Ended, Overtaken."""
    _again(study, State.REQUESTED, failure, TRIES_TO_LOOK_UP.get(failure.kind, 1), now)


def after_fetch(study: ExportedStudy, failure: WayFailed, now: datetime) -> None:
    """Let the study be fetched again later, or be looked up when it is gone.

    Raises Ended, Overtaken.
    """
    to = State.REQUESTED if failure.kind is Trouble.GONE else State.QUEUED
    _again(study, to, failure, TRIES_TO_FETCH.get(failure.kind, 1), now)


def after_no_room(study: ExportedStudy, reason: NoRoom, now: datetime) -> None:
    """Let the study wait for room, if there can be enough. Raises Ended, Overtaken."""
    failure = WayFailed(Trouble.DISK_FULL, reason.sentence)
    _again(study, State.QUEUED, failure, 1 if reason.is_hopeless else TRIES_FOR_ROOM, now)


def after_own_error(study: ExportedStudy, error: Exception, now: datetime) -> None:
    """Let the step be done again later. Raises Ended, Overtaken."""
    sentence = f"Fleet's own error: {type(error).__name__}; the exporter's log has it."
    if study.n_failures + 1 >= TRIES_OF_OURS:
        raise Ended(Why.INTERNAL, sentence)
    to = State(study.state) if study.state in {State.REQUESTED, State.PREVIEW} else State.QUEUED
    _put_off(study, to, sentence, now)


def _again(
    study: ExportedStudy, to: State, failure: WayFailed, n_tries: int, now: datetime
) -> None:
    if study.n_failures + 1 >= n_tries:
        raise Ended(WHY[failure.kind], failure.sentence)
    _put_off(study, to, failure.sentence, now)


def _put_off(study: ExportedStudy, to: State, sentence: str, now: datetime) -> None:
    wait = min(FIRST_BACK_OFF * 2**study.n_failures, LONGEST_BACK_OFF)
    values = {
        "n_failures": study.n_failures + 1,
        "retry_at": now + wait,
        "sentence": sentence[:LONGEST_SENTENCE],
    }
    if to == study.state:
        # Nothing has moved: since when it waits stays true.
        move(study, to, study.state_since, **values)
    else:
        move(study, to, now, **values)
