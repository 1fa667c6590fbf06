"""What is drawn for a message: seen as numbers of pixels, and as a chat gets it."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, ImageColor

from fleet.alerts.delivery import deliver_next
from fleet.alerts.kinds.kind import Measure
from fleet.alerts.lifecycle import acknowledge
from fleet.alerts.models import Message
from fleet.alerts.outbox import FIRST_WAIT
from fleet.alerts.pictures import LIMIT, LINE, VALUE, drawn
from fleet.alerts.series.series import Series, last_days
from tests.builders import (
    NOW,
    TODAY,
    make_alert,
    make_channel,
    make_daily,
    make_person,
    make_region,
)
from tests.rig.bot_api import TOKEN

SOON = NOW + FIRST_WAIT
MOSCOW = ZoneInfo("Europe/Moscow")
N = 30


def picture(values, **fields):
    days = tuple(last_days(TODAY, N))
    series = Series("Share", Measure.SHARE, days, tuple(values), **fields)
    return Image.open(BytesIO(drawn(series, "Tver", MOSCOW)))


def n_pixels(image, color, left=150, right=1160):
    """Return how many pixels of the drawing have the colour."""
    part = image.crop((left, 130, right, 531)).convert("RGB")
    return sum(n for n, one in part.getcolors(2**20) if one == ImageColor.getrgb(color))


def test_it_draws_the_limit_and_the_usual_range():
    plain = picture([0.1] * N)
    whole = picture([0.1] * N, limit=0.2, low=(0.05,) * N, high=(0.15,) * N)

    assert (plain.size, plain.format) == ((1200, 600), "PNG")
    assert n_pixels(plain, LIMIT) == 0
    assert n_pixels(whole, LIMIT) > 1000
    assert n_pixels(whole, LINE) > n_pixels(plain, LINE) + 100_000


def test_it_leaves_a_gap_where_nothing_is_known():
    image = picture([0.1] * 10 + [None] * 10 + [0.1] * 10)

    left, right = 150 + 9.5 / 29 * 1010, 150 + 19.5 / 29 * 1010
    assert n_pixels(image, VALUE, int(left), int(right)) == 0
    assert n_pixels(image, VALUE, 150, int(left) - 20) > 1000


def test_it_draws_a_number_that_is_always_nothing():
    assert n_pixels(picture([0.0] * N), VALUE) > 1000


@pytest.fixture
def chat(bot_api, monkeypatch, db):
    """A chat, and the region Tver with two known days."""
    monkeypatch.setenv("TOKEN_OF_TESTS", TOKEN)
    make_channel("chat", "telegram", server=bot_api.url, credential="env:TOKEN_OF_TESTS")
    tver = make_region()
    for age in range(2):
        make_daily(tver, TODAY - timedelta(days=age), n_done=90, n_failed=10)
    make_alert(tver)
    return bot_api


def deliver():
    while deliver_next(SOON, pace=timedelta()):
        pass


def test_it_goes_with_the_text_and_is_changed_in_its_place(chat):
    deliver()
    acknowledge(Message.objects.get().alert_id, make_person(), SOON)
    deliver()

    assert Image.open(BytesIO(chat.chat.pictures[1])).size == (1200, 600)
    assert "oncall took it" in chat.chat.texts[1]
    assert chat.calls == ["sendPhoto", "editMessageText", "editMessageCaption"]


def test_it_leaves_the_text_alone_where_pictures_are_refused(chat):
    chat.takes_pictures = False
    deliver()

    assert chat.calls == ["sendPhoto", "sendMessage"]
    assert chat.chat.texts[1].startswith("■ FAILING · Tver")


def test_it_leaves_the_text_alone_when_nothing_can_be_drawn(chat):
    omsk = make_region("omsk")
    make_daily(omsk, n_done=90, n_failed=10)
    # No scale holds such a number.
    make_alert(omsk, limit=float("inf"))
    deliver()

    assert chat.calls == ["sendPhoto", "sendMessage"]


def test_it_leaves_the_text_alone_after_two_pictures_were_lost(chat):
    chat.faults.extend(["lost", "lost"])
    for wait in range(3):
        deliver_next(SOON + wait * timedelta(minutes=1), pace=timedelta())

    assert chat.calls == ["sendMessage"]
