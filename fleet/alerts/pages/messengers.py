"""How the messengers fare, in words: what works, what was said last, and what is still to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.alerts.budget import n_sent
from fleet.alerts.models_outbox import Channel, Message
from fleet.alerts.pages.words import Words
from fleet.review.figures import NOTHING

State, Subject = Message.State, Message.Subject


@dataclass(frozen=True, slots=True)
class Line:
    """A channel without its credentials. `level` is the class of its mark; `why` says what is
    wrong and what to do; `tested` tells what became of the last test."""

    pk: int
    name: str
    kind: str
    level: str
    glyph: str
    word: str
    why: str
    duty: str
    last_sent: str
    waiting: str
    budget: str
    quiet: str
    digest: str
    tested: str
    is_testing: bool
    can_test: bool
    admin: str


def lines(now: datetime) -> list[Line]:
    """Return the channels in their order."""
    words = Words.of_active_language(now)
    waiting = Q(messages__state=State.WAITING)
    channels = list(
        Channel.objects.annotate(
            last=Max("messages__confirmed_at"), n_waiting=Count("messages", filter=waiting)
        ).order_by("position")
    )
    first = next((one.pk for one in channels if one.is_enabled), None)
    return [_line(one, one.pk == first, words) for one in channels]


def _line(channel: Channel, is_first: bool, words: Words) -> Line:
    level, glyph, word, why = _state(channel, words)
    test = channel.messages.filter(subject=Subject.TEST).order_by("-wanted_at").first()
    last, n_waiting = getattr(channel, "last", None), getattr(channel, "n_waiting", 0)
    return Line(
        pk=channel.pk,
        name=channel.name,
        kind=channel.get_kind_display(),
        level=level,
        glyph=glyph,
        word=word,
        why=why,
        duty=_duty(channel, is_first),
        last_sent=words.clock(last) if last else _("nothing yet"),
        waiting=str(n_waiting),
        budget=_budget(channel, words.now),
        quiet=_quiet(channel),
        digest=f"{channel.digest_at:%H:%M} ({channel.time_zone})" if channel.digest_at else NOTHING,
        tested=_tested(channel, test, words) if test else "",
        is_testing=test is not None and test.state == State.WAITING and channel.is_enabled,
        can_test=channel.is_enabled,
        admin=reverse("admin:alerts_channel_change", args=[channel.pk]),
    )


def _state(channel: Channel, words: Words) -> tuple[str, str, str, str]:
    """Return the mark's class and glyph, its word, and what is wrong."""
    if not channel.is_enabled and channel.disabled_reason:
        remedy = _("Mend it, then enable it in the configuration.")
        why = f"{channel.disabled_reason} {remedy}"
        return "failing", "■", _("switched off by itself"), why
    if not channel.is_enabled:
        return "unknown", "◌", _("switched off"), _("Somebody disabled it in the configuration.")
    if channel.n_failures:
        failed = channel.messages.filter(state=State.WAITING).exclude(sentence="")
        newest = failed.order_by("-next_try_at").first()
        why = newest.sentence if newest else ""
        if channel.paused_until and channel.paused_until > words.now:
            again = _("The next try is at %(time)s.") % {"time": words.clock(channel.paused_until)}
            why = f"{why} {again}".strip()
        n = channel.n_failures
        word = ngettext("%(n)s try failed", "%(n)s tries in a row failed", n) % {"n": n}
        return "look", "▲", word, why
    if getattr(channel, "last", None) is None:
        return "unknown", "◇", _("never tried"), _("Nothing was sent to it yet: send a test.")
    return "fine", "●", _("works"), ""


def _duty(channel: Channel, is_first: bool) -> str:
    if is_first:
        return _("Alerts go here.")
    if channel.is_enabled:
        return _("It stands in when those before it are switched off.")
    return _("It gets nothing.")


def _budget(channel: Channel, now: datetime) -> str:
    n = n_sent(channel, now)
    if channel.budget is None:
        return _("%(n)s today, without a limit") % {"n": n}
    return _("%(n)s of %(budget)s today") % {"n": n, "budget": channel.budget}


def _quiet(channel: Channel) -> str:
    if channel.quiet_from is None or channel.quiet_until is None:
        return NOTHING
    return f"{channel.quiet_from:%H:%M}–{channel.quiet_until:%H:%M} ({channel.time_zone})"


def _tested(channel: Channel, test: Message, words: Words) -> str:
    """Return what became of the last test."""
    moment = {"time": words.clock(test.wanted_at)}
    if test.state == State.CONFIRMED and test.confirmed_at is not None:
        seconds = (test.confirmed_at - test.wanted_at).total_seconds()
        took = words.figures.latency(max(seconds, 0.1))
        return _("The test of %(time)s arrived after %(took)s.") % {**moment, "took": took}
    if test.sentence:
        failed = _("The test of %(time)s has not arrived: %(why)s")
        return failed % {**moment, "why": test.sentence}
    if not channel.is_enabled:
        return _("The test of %(time)s was not sent: the messenger is switched off.") % moment
    return _("The test of %(time)s waits for the deliverer.") % moment


def is_any_testing(shown: Sequence[Line]) -> bool:
    """Return whether the page will say something else soon."""
    return any(one.is_testing for one in shown)
