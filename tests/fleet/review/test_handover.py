from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from fleet.review.day import review
from fleet.review.handover import handover
from fleet.review.handover_alerts import standing
from fleet.review.notes import write
from fleet.review.sign_cells import signs
from fleet.review.signing import shown_token, sign
from fleet.review.unsigned import changed_days, unsigned_days
from regions.models import DailyRollup, FailureKind, Region
from tests.builders import (
    NOW,
    TODAY,
    make_alert,
    make_daily,
    make_healthy_region,
    make_maintenance,
    make_person,
    make_silence,
)

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def anna(db):
    return make_person("anna")


def letter(account) -> str:
    page = review(YESTERDAY, NOW, Region.objects.filter(is_active=True))
    said = signs(account, page, NOW)
    unsigned, changed = unsigned_days(page).latest(), changed_days(page)
    stands = standing(account, NOW)
    return handover(page, said, unsigned, changed, stands, account, "https://fleet/day/")


def make_failing(code: str) -> Region:
    region = make_healthy_region(code)
    make_daily(region, YESTERDAY, n_received=138, n_done=0, n_failed=138, n_scored=0, n_positive=0)
    return region


def test_it_says_who_writes_and_of_which_day(anna):
    make_daily(make_healthy_region(), YESTERDAY)

    assert letter(anna).startswith(
        "Handover: Monday 9 March 2026\n"
        "Written by anna, 10 March, 10:00 UTC\n"
        "fine: 1 · signed 0/1\n"
        "https://fleet/day/\n"
    )


def test_it_gives_reasons_by_group_with_their_notes(anna):
    write(anna, make_failing("kursk"), YESTERDAY, "GPU driver.\nBack at noon.", NOW)

    assert (
        "Failing (1)\n"
        "■ Kursk: 138 studies came, no answer was finished.\n"
        "    anna, 10:00: GPU driver.\n"
        "        Back at noon.\n"
    ) in letter(anna)


def test_it_gives_notes_on_regions_that_are_fine_and_on_the_fleet(anna):
    region = make_healthy_region()
    make_daily(region, YESTERDAY)
    write(anna, region, YESTERDAY, "New scanner today.", NOW)
    write(anna, None, YESTERDAY, "Collector moved.", NOW)

    text = letter(anna)
    assert "Notes on other regions (1)\nTver: anna, 10:00: New scanner today.\n" in text
    assert "Notes on the whole fleet (1)\nanna, 10:00: Collector moved.\n" in text


def test_it_gives_what_changed_since_it_was_signed(anna):
    make_daily(make_healthy_region(), YESTERDAY, n_received=388)
    (row,) = review(YESTERDAY, NOW, Region.objects.all()).rows
    sign(anna, row, YESTERDAY, shown_token(row), NOW)
    DailyRollup.objects.filter(day=YESTERDAY).update(n_received=422, fingerprint=2)

    assert "Tver, 9 March: +34 studies since anna signed, 10:00\n" in letter(anna)


def test_it_gives_unsigned_days_a_line_a_region(anna):
    make_healthy_region()
    DailyRollup.objects.exclude(day=TODAY).update(day=TODAY - timedelta(days=3))

    assert letter(anna).endswith("Unsigned days (2)\nTver: 7 March – 8 March\n")


def test_it_holds_nothing_that_a_region_wrote(anna):
    region = make_failing("kursk")
    region.status.failure, region.status.failing_since = FailureKind.CONTRACT, NOW
    region.status.sentence = "words of the region"
    region.status.save()

    text = letter(anna)
    assert "The region's contract is broken." in text
    assert "words of the region" not in text


def test_it_speaks_russian(anna):
    make_failing("kursk")

    with translation.override("ru"):
        assert letter(anna).startswith("Передача смены: Понедельник, 9 марта 2026\n")


def test_it_names_alerts_silences_and_work(anna):
    tver = make_healthy_region()
    alert = make_alert(tver)
    make_silence(tver, NOW + timedelta(hours=3), kind="errors_up", author=anna)
    make_maintenance(tver, TODAY, TODAY + timedelta(days=2))

    text = letter(anna)

    assert f"#{alert.pk} Tver: More studies fail than usual, 10:00, nobody has it\n" in text
    assert (
        "Silences (1)\nTver: More studies fail than usual, until 13:00, anna: The GPU is replaced\n"
        in text
    )
    assert "Work in regions (1)\nTver: 10 March – 12 March, 12:00–14:00, silencer: A" in text
