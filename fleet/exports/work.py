"""Bring the studies of a region on, one after another, from being asked for to the package.

Each step can be done again from its beginning, and a transfer from where it stopped: whoever is
killed, whenever, leaves a study that the next worker goes on with.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from datetime import datetime
from functools import partial

from fleet.exports import failing, steps
from fleet.exports.folders import make_folders
from fleet.exports.models import ExportedStudy
from fleet.exports.moving import Ended, Overtaken, end, move
from fleet.exports.queueing import next_study, to_look_up, to_pack
from fleet.exports.shredding import shred
from fleet.exports.turns import Duty, turn
from fleet.exports.watching import HALT, Cancelled, Held, StudyWatch
from fleet.exports.ways.way import WayFailed
from regions.models import Region

State = ExportedStudy.State
Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


def look_up_studies(region: Region, now: Clock) -> int | None:
    """Look up what was asked for in the region; return how many, None if another worker does."""
    with turn(region, Duty.LOOK_UP) as ours:
        if ours is None:
            return None
        studies = list(to_look_up(now()).filter(export__region=region))
        for study in studies:
            _guarded(study, now, partial(steps.look_up, study, now))
        return len(studies)


def bring_on(region: Region, now: Clock) -> int | None:
    """Work on the region's studies until none can go on; None if another worker does."""
    make_folders()
    with turn(region, Duty.TRANSFER) as ours:
        if ours is None:
            return None
        n = 0
        while not HALT.is_set() and ours.is_ours() and (study := next_study(region, now())):
            watch = StudyWatch(study, ours, now)
            _guarded(study, now, partial(steps.advance, study, watch, now))
            n += 1
        return n


def pack_studies(region: Region, now: Clock) -> int | None:
    """Pack what was released in the region; return how many, None if another worker does.

    A package does not wait for another study that is still fetched.
    """
    make_folders()
    with turn(region, Duty.PACK) as ours:
        if ours is None:
            return None
        studies = list(to_pack(now()).filter(export__region=region))
        for study in studies:
            _guarded(study, now, partial(steps.pack, study, now))
        return len(studies)


def end_cancelled(now: Clock) -> int:
    """End the studies that nobody works on and that a person cancelled; return how many."""
    waiting = ExportedStudy.objects.filter(
        wants_cancel=True, state__in=[State.REQUESTED, State.QUEUED, State.PREVIEW]
    )
    studies = list(waiting.select_related("export__region"))
    for study in studies:
        _guarded(study, now, _cancel)
    return len(studies)


def _cancel() -> None:
    raise Cancelled


def _guarded(study: ExportedStudy, now: Clock, step: Callable[[], None]) -> None:
    """Do a step; whatever comes of it, the study is in a state that says so."""
    was_asked = study.state == State.REQUESTED
    try:
        try:
            step()
        except WayFailed as failure:
            after = failing.after_look_up if was_asked else failing.after_fetch
            after(study, failure, now())
        except (Held, Cancelled, Overtaken, Ended):
            raise
        except Exception as error:
            _log(study, error)
            failing.after_own_error(study, error, now())
    except Held:
        _put_back(study, now())
    except Cancelled:
        _end(study, State.CANCELLED, now())
    except Ended as reason:
        state = State.UNAVAILABLE if was_asked else State.FAILED
        _end(study, state, now(), reason)
    except Overtaken:
        return


def _put_back(study: ExportedStudy, now: datetime) -> None:
    try:
        move(study, State.QUEUED, now)
    except Overtaken:
        return


def _end(study: ExportedStudy, state: State, now: datetime, reason: Ended | None = None) -> None:
    try:
        end(study, state, now, reason.why if reason else None, reason.sentence if reason else "")
    except Overtaken:
        return
    shred(study, now)


def _log(study: ExportedStudy, error: Exception) -> None:
    """Write where it happened; what the error says may quote a file or a name."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    log.error("Study %s: %s at %s", study.pk, type(error).__name__, places)
