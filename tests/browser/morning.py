"""A morning as an on-call engineer meets it: eight regions, each with its own trouble."""

from __future__ import annotations

from datetime import datetime, timedelta

from regions.models import DailyRollup, DailyScore, FailureKind, Region
from tests.builders import (
    make_cause,
    make_daily,
    make_path,
    make_region,
    make_score,
    make_status,
    make_tunnel,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
N_DAYS = 60


def make_morning(moment: datetime) -> None:
    """Tver, Nizhny and Penza are fine; Kursk's model is silent, Omsk's link and data are lost,
    Perm's contract is broken, Pskov has its first days, Chita was never reached."""
    make_live("tver", "Tver", 388, moment)
    make_live("nizhny", "Nizhny Novgorod Oblast", 951, moment, n_rejected=12)
    make_cause(Region.objects.get(code="nizhny"), "wrong_body_part", 9, hour=moment - HOUR)
    make_live("kursk", "Kursk", 138, moment, n_done=0, n_failed=138, n_scored=0, n_positive=0)
    omsk = make_live("omsk", "Omsk", 412, moment, known=26 * HOUR)
    omsk.paths.get().tunnel.delete()
    fail(
        omsk, FailureKind.LINK, moment - 26 * HOUR, "SSH: <b>bastion</b> did not answer within 5 s."
    )
    perm = make_live("perm", "Perm", 640, moment)
    fail(
        perm, FailureKind.CONTRACT, moment - HOUR, "fleet_contract.study has no column received_at."
    )
    make_live("penza", "Penza", 30, moment)
    young = make_live("pskov", "Pskov", 97, moment)
    DailyRollup.objects.filter(region=young, day__lt=(moment - 5 * DAY).date()).delete()
    make_path(make_region("chita", name="Chita", time_zone="Asia/Chita"))


def make_live(
    code: str, name: str, usual: int, moment: datetime, *, known: timedelta = timedelta(), **shown
) -> Region:
    """A region with an open tunnel, two months of days and a version that is two days old."""
    region = make_region(code, name=name, time_zone="Etc/UTC")
    make_tunnel(make_path(region), since=moment - 30 * HOUR, seen_at=moment + HOUR)
    make_status(region, last_attempt_at=moment, last_success_at=moment - known)
    last = make_daily(region, moment.date(), **{"n_received": usual, **shown})
    fields = [f.attname for f in DailyRollup._meta.local_concrete_fields if f.attname != "day"]
    same = {name: getattr(last, name) for name in fields}
    before = []
    for n in range(1, N_DAYS):
        n_here = round((388 if code == "penza" else usual) * (0.9 + 0.05 * (n * 7 % 5)))
        past = {"n_received": n_here, "n_done": 100, "n_failed": n % 3, "n_scored": 100}
        past |= {"n_expected": 100 + n % 3, "n_positive": 8 + n % 5}
        before.append(DailyRollup(**{**same, **past, "day": (moment - n * DAY).date()}))
    DailyRollup.objects.bulk_create(before)
    make_scores(region, moment)
    return region


def make_scores(region: Region, moment: datetime) -> None:
    """Scores of twenty days, of the last two by a new version."""
    last = make_score(region, moment.date(), model_version="8")
    same = {f.attname: getattr(last, f.attname) for f in DailyScore._meta.local_concrete_fields}
    DailyScore.objects.bulk_create(
        DailyScore(
            **{**same, "day": (moment - n * DAY).date(), "model_version": "8" if n < 2 else "7"}
        )
        for n in range(1, 20)
    )


def fail(region: Region, kind: str, since: datetime, sentence: str) -> None:
    """Let the region's collections fail since a moment."""
    region.status.failure, region.status.failing_since = kind, since
    region.status.sentence = sentence
    region.status.save()
