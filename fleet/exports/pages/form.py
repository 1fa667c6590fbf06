"""The form with which studies are asked for, and what it says will happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import median
from typing import Self

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.alerts.visible import visible_alerts
from fleet.exports.asking import Allowance, allowance
from fleet.exports.estimates import LOOK_BACK, usual_rate
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_sources import ExportPolicy, StudySource
from fleet.exports.pages.words import Words, short, state_words
from fleet.exports.purposes import DEFAULT, PURPOSES, explanation, label
from fleet.exports.rights import visible_exports, why_not_ask
from regions.models import Region

State = ExportedStudy.State
MOST_REFS = 200
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Given:
    """What the address, or the form, says; nothing of it is believed yet."""

    refs: tuple[str, ...]
    reason: str = ""
    purpose: str = DEFAULT
    project: str = ""
    priority: int = Export.Priority.NORMAL
    alert: int | None = None
    day: date | None = None

    @classmethod
    def of(cls, given: Mapping[str, str], refs: Sequence[str]) -> Self:
        """Return what can be understood. `studies` are those that a person wrote, one a line."""
        text = {name: given.get(name, "").replace("\0", "")[:LONGEST_TEXT] for name in given}
        priority, alert = text.get("priority", ""), text.get("alert", "")
        written = given.get("studies", "").replace("\0", "").split()
        named = [ref.replace("\0", "") for ref in (*refs, *written)]
        return cls(
            refs=tuple(dict.fromkeys(ref for ref in named if ref))[:MOST_REFS],
            reason=text.get("reason", ""),
            purpose=text.get("purpose", DEFAULT),
            project=text.get("project", ""),
            priority=int(priority) if priority in {"1", "2", "3"} else Export.Priority.NORMAL,
            alert=int(alert) if alert.isascii() and alert.isdecimal() and len(alert) < 10 else None,
            day=_date(text.get("day", "")),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    code: str
    name: str
    explanation: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Known:
    """An export that names one of the studies already."""

    export: int
    ref: str
    short_ref: str
    state: str


@dataclass(frozen=True, slots=True)
class Form:
    """All that the template prints; `why_not` stands in place of the form.

    `refs` are the references, each with its short form.
    """

    why_not: str
    refs: list[tuple[str, str]]
    steps: list[str]
    left: str
    purposes: list[Choice]
    priorities: list[Choice]
    project: str
    projects: list[str]
    known: list[Known]
    too_many: str


def form(account: User, region: Region, given: Given, now: datetime) -> Form:
    """Return the form for what is given."""
    words = Words.of_active_language(now)
    why_not = why_not_ask(account, region)
    left = allowance(account, now)
    own = Export.objects.filter(requester=account).order_by("-pk")
    projects = list(dict.fromkeys(own.values_list("project", flat=True)[:50]))
    return Form(
        why_not=why_not,
        refs=[(ref, short(ref)) for ref in given.refs],
        steps=[] if why_not else steps(region, words),
        left=_left(left),
        purposes=[
            Choice(code, label(code), explanation(code), code == given.purpose) for code in PURPOSES
        ],
        priorities=[
            Choice(str(value), str(name), "", value == given.priority)
            for value, name in Export.Priority.choices
        ],
        project=given.project or (projects[0] if projects else ""),
        projects=projects[:10],
        known=_known(account, region, given.refs),
        too_many=_too_many(left, len(given.refs)),
    )


def asked_again(account: User, region: Region, given: Given, number: str) -> Given:
    """Return the words of an earlier export of the region for what is given.

    The reason is taken over only from one's own: whoever asks has one.
    """
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return given
    earlier = visible_exports(account).filter(pk=int(number), region=region).first()
    if earlier is None:
        return given
    return replace(
        given,
        reason=earlier.reason if earlier.requester_id == account.pk else "",
        purpose=earlier.purpose,
        project=earlier.project,
        alert=earlier.alert_number,
        day=earlier.day,
    )


def own_alert(account: User, number: int | None, region: Region) -> int | None:
    """Return the number of an alert of the region that the account may see; else None."""
    if number is None:
        return None
    seen = visible_alerts(account).filter(pk=number, region=region)
    return seen.values_list("pk", flat=True).first()


def steps(region: Region, words: Words) -> list[str]:
    """Return what will happen to the studies, in order."""
    policy = ExportPolicy.objects.get(region=region)
    sources = StudySource.objects.filter(region=region, is_enabled=True).order_by("position")
    names = ", ".join(str(source.get_kind_display()) for source in sources)
    return [
        _("A second person approves the request first.")
        if policy.needs_approval
        else _("Nobody has to approve it."),
        _("The region's archives are asked: %(names)s. The first that has it wins.")
        % {"names": names},
        " ".join(filter(None, (_window(policy), _budget(policy, words), _estimate(region, words)))),
        _(
            "It is de-identified here, at the center; what identifies the patient never leaves "
            "the exporter."
        ),
        _("Then a person looks through contact sheets of all images, and releases it."),
        ngettext(
            "The package can be downloaded for %(n)s day and is shredded after that.",
            "The package can be downloaded for %(n)s days and is shredded after that.",
            policy.keep_days,
        )
        % {"n": policy.keep_days},
    ]


def _window(policy: ExportPolicy) -> str:
    if policy.window_begins is None or policy.window_ends is None:
        return _("It is fetched as soon as the line is free, one study of a region at a time.")
    return _("It is fetched from %(begin)s to %(end)s by the region's clock, one at a time.") % {
        "begin": f"{policy.window_begins:%H:%M}",
        "end": f"{policy.window_ends:%H:%M}",
    }


def _budget(policy: ExportPolicy, words: Words) -> str:
    if policy.bytes_per_day is None:
        return ""
    return _("At most %(size)s are fetched in a day of the region.") % {
        "size": words.size(policy.bytes_per_day)
    }


def _estimate(region: Region, words: Words) -> str:
    """Return how long the last studies took; the size of this one is known after the look-up."""
    rate = usual_rate(region)
    sizes = ExportedStudy.objects.filter(export__region=region, n_bytes__gt=0).order_by("-pk")
    known = [size for size in sizes.values_list("n_bytes", flat=True)[:LOOK_BACK] if size]
    if rate is None or not known:
        return _("How big it is, and how long it takes, is known once it was looked up.")
    usual = median(known)
    return _(
        "The region's last studies had about %(size)s and came with %(rate)s: %(time)s for one. "
        "The size of this one is known once it was looked up."
    ) % {"size": words.size(usual), "rate": words.rate(rate), "time": words.left(usual / rate)}


def _left(left: Allowance) -> str:
    return ngettext(
        "You may ask for %(n)s more study today, in requests of %(most)s at most.",
        "You may ask for %(n)s more studies today, in requests of %(most)s at most.",
        min(left.today, left.of_all_today),
    ) % {"n": min(left.today, left.of_all_today), "most": left.in_request}


def _too_many(left: Allowance, n: int) -> str:
    """Return the sentence that fewer can be asked for than are named; empty if all can."""
    if n <= left.n:
        return ""
    return ngettext(
        "%(n)s study can be asked for now: choose which of them.",
        "%(n)s studies can be asked for now: choose which of them.",
        left.n,
    ) % {"n": left.n}


def _known(account: User, region: Region, refs: Sequence[str]) -> list[Known]:
    """Return the newest export of each study that is on its way or ready."""
    studies = ExportedStudy.objects.filter(
        export__in=visible_exports(account).filter(region=region), study_ref__in=refs
    ).exclude(state__in=(*ExportedStudy.FINAL, State.EXPIRED))
    newest = {one.study_ref: one for one in studies.order_by("pk")}
    return [
        Known(one.export_id, one.study_ref, short(one.study_ref), state_words(one))
        for one in newest.values()
    ]


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
