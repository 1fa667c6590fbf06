"""Thirty days of the number that an alert is about, read from what was collected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from statistics import median

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Greatest, TruncDate
from django.utils.translation import gettext as _

from fleet.alerts.detectors.closed_categories import COUNTED_IN
from fleet.alerts.detectors.slow import slow_answers
from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Measure
from fleet.alerts.models import Finding
from fleet.alerts.models_drift import Difference, SeriesDay
from fleet.alerts.series.series import Series, Value, last_days, rolling, share
from regions.attributes import DEVICE_MODEL, attribute_name
from regions.localday import day_bounds
from regions.models import DailyCategory, DailyRollup, DailyScore, HourlyOutput

N_DAYS = 30
N_WEEKS = 8
ONE_DAY = timedelta(days=1)
Known = Mapping[date, Value]


def daily(finding: Finding, until: date) -> Series | None:
    """Return the thirty days up to `until`; None for kinds that count nothing, or of no values."""
    read = _READ.get(finding.kind)
    if read is None:
        return None
    title, measure, known, is_limited = read(finding, until)
    days = last_days(until, N_DAYS)
    n = len(days) if is_limited else 0
    series = Series(
        title,
        measure,
        tuple(days),
        tuple(known.get(day) for day in days),
        finding.limit if is_limited else None,
        (finding.usual_low,) * n if finding.usual_low is not None else (),
        (finding.usual_high,) * n if finding.usual_high is not None else (),
        about=attribute_name(finding.attribute),
    )
    return series if series.is_known else None


# The words, what the values are, the values, and whether the finding's limit is one of them.
_Read = tuple[str, Measure, Known, bool]


def _failed(finding: Finding, until: date) -> _Read:
    rows = _rollups(finding, until).values_list("day", "n_failed", F("n_expected") - F("n_pending"))
    shares = {day: share(failed, settled) for day, failed, settled in rows}
    return _("Share of answers that failed"), Measure.SHARE, shares, True


def _slow(finding: Finding, until: date) -> _Read:
    rows = slow_answers([finding.region_id], until)
    shares = {day: share(n_slow, n) for _region, day, n, n_slow in rows}
    return _("Share of answers that were slow"), Measure.SHARE, shares, True


def _volume(finding: Finding, until: date) -> _Read:
    """Studies of the finding's window, as a share of what such days usually bring."""
    rows = _rollups(finding, until, N_DAYS + 7 * (N_WEEKS + 1)).values_list("day", "n_received")
    received: dict[date, float] = dict(rows)
    days = last_days(until, N_DAYS + 7)
    usual = [_usual(received, day) for day in days]
    n = max(finding.span // ONE_DAY, 1)
    came = rolling([received.get(day) for day in days], n)
    shares = {
        day: share(part, whole)
        for day, part, whole in zip(days, came, rolling(usual, n), strict=True)
    }
    return _("Studies, as a share of the usual number"), Measure.SHARE, shares, True


def _received(finding: Finding, until: date) -> _Read:
    received: Known = dict(_rollups(finding, until).values_list("day", "n_received"))
    return _("Studies received"), Measure.COUNT, received, False


def _pending(finding: Finding, until: date) -> _Read:
    pending: Known = dict(_rollups(finding, until).values_list("day", "n_pending"))
    return _("Answers that are waited for"), Measure.COUNT, pending, True


def _positive(finding: Finding, until: date) -> _Read:
    rows = DailyScore.objects.filter(
        **_since(finding, until),
        model_code=finding.service,
        model_version=finding.version,
        class_code=finding.attribute,
    )
    totals = rows.values_list("day").annotate(Sum("n_positive"), Sum("n_scored"))
    shares = {day: share(positive, scored) for day, positive, scored in totals.order_by("day")}
    # Regions are told apart by a score of their own, which is no share.
    return _("Share of positives"), Measure.SHARE, shares, finding.kind == "class_collapse"


def _identical(finding: Finding, until: date) -> _Read:
    """As the rule does, a node repeats as much as that of its classes which repeats least."""
    zone = finding.region.zone
    begins_at, ends_at = day_bounds(until - N_DAYS * ONE_DAY, zone)[0], day_bounds(until, zone)[1]
    rows = HourlyOutput.objects.filter(
        region=finding.region_id,
        hour__gte=begins_at,
        hour__lt=ends_at,
        model_code=finding.service,
        model_version=finding.version,
        node=finding.attribute,
    )
    same, n = (Sum(Greatest(F(name) - 1, 0)) for name in ("n_identical", "n_scored"))
    totals = (
        rows.values_list(TruncDate("hour", tzinfo=zone), "class_code")
        .annotate(same=same, n=n)
        .order_by()
    )
    least: dict[date, Value] = {}
    for day, _class, part, whole in totals:
        if (found := share(part, whole)) is not None:
            known = least.get(day)
            least[day] = found if known is None else min(found, known)
    return _("Share of equal answers"), Measure.SHARE, least, True


def _new(finding: Finding, until: date) -> _Read:
    attribute, named = where_new(finding)
    rows = DailyCategory.objects.filter(**_since(finding, until), attribute=attribute)
    totals = rows.values_list("day").annotate(new=Sum("n", filter=named), all=Sum("n"))
    shares = {day: share(new or 0, n) for day, new, n in totals.order_by("day")}
    return _("Share of what was never seen before"), Measure.SHARE, shares, True


def where_new(finding: Finding) -> tuple[str, Q]:
    """Return in which attribute's rows what was never seen is counted, and which of them it is."""
    names = finding.detail.split(", ")
    if finding.attribute == DEVICE_MODEL:
        return COUNTED_IN, Q(device_model__in=names)
    return finding.attribute, Q(category__in=names)


def _found(finding: Finding, until: date) -> _Read:
    """The scores of days on which something was found; of the others none was kept."""
    rows = Finding.objects.filter(
        **_since(finding, until),
        kind=finding.kind,
        service=finding.service,
        version=finding.version,
        attribute=finding.attribute,
    )
    scores: Known = dict(rows.order_by("found_at").values_list("day", "score"))
    return _("Score on days on which it was found"), KINDS[finding.kind].measure, scores, True


def _scored(finding: Finding, until: date) -> _Read:
    """The scores, or sums, of every day that was judged; of the channel that the finding names."""
    difference = Difference.objects.filter(finding=finding).first()
    title, measure, known, is_limited = _found(finding, until)
    if difference is None:
        return title, measure, known, is_limited
    rows = SeriesDay.objects.filter(
        **_since(finding, until),
        service=finding.service,
        version=finding.version,
        attribute=finding.attribute,
    )
    kept = {
        day: max((abs(one) for one in scores if one is not None), default=None)
        for day, *scores in rows.values_list("day", *score_columns(difference))
    }
    # A sum begins again at nought on the day on which it was found.
    return _("Score against the days before"), measure, {**kept, **known}, is_limited


def score_columns(difference: Difference) -> list[str]:
    """Return the columns of a series' day in which what the difference was found by is kept."""
    if difference.rule == Difference.Rule.DAY:
        return [f"day_{difference.channel}_score"]
    is_location = difference.channel == Difference.Channel.LOCATION
    sides = ("upwards", "downwards") if is_location else (difference.channel,)
    return [f"sum_{side}" for side in sides]


_READ: dict[str, Callable[[Finding, date], _Read]] = {
    "errors_up": _failed,
    "latency_up": _slow,
    "volume_shift": _volume,
    "region_silent": _received,
    "backlog": _pending,
    "class_collapse": _positive,
    "unlike_peers": _positive,
    "outputs_identical": _identical,
    "new_category": _new,
    "input_drift": _scored,
    "output_drift": _scored,
    "version_unexpected": _found,
}


def _since(finding: Finding, until: date, n_days: int = N_DAYS) -> dict[str, object]:
    return {
        "region": finding.region_id,
        "day__gt": until - n_days * ONE_DAY,
        "day__lte": until,
    }


def _rollups(
    finding: Finding, until: date, n_days: int = N_DAYS
) -> QuerySet[DailyRollup, DailyRollup]:
    return DailyRollup.objects.filter(**_since(finding, until, n_days))


def _usual(received: Mapping[date, float], day: date) -> Value:
    """Return the median of the same weekday in the weeks before; None of fewer than three."""
    weeks = (received.get(day - timedelta(weeks=n)) for n in range(1, N_WEEKS + 1))
    known = [n for n in weeks if n is not None]
    return median(known) if len(known) >= 3 else None
