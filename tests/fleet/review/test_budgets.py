"""What the day page may weigh: HTML as it travels, our own style and scripts as they lie."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from fleet.clock import now
from regions.models import DailyRollup, RegionStatus, TunnelState
from tests.builders import (
    make_daily,
    make_path,
    make_person,
    make_region,
    make_score,
    make_status,
    make_tunnel,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
KIB = 1024


def make_regions_of_a_month(n_regions: int) -> None:
    """Fine regions, each with thirty days that differ from any other's."""
    moment, days = now(), []
    names = [field.attname for field in DailyRollup._meta.local_concrete_fields]
    for n in range(n_regions):
        region = make_region(f"r{n}", name=f"Region {n} of the Republic", time_zone="Etc/UTC")
        make_tunnel(make_path(region), since=moment - DAY, seen_at=moment)
        make_status(region, last_attempt_at=moment, last_success_at=moment)
        last = make_daily(region, moment.date(), n_received=300 + 7 * n)
        same = {name: getattr(last, name) for name in names if "histogram" not in name}
        days += [
            DailyRollup(
                **same
                | {"n_received": 300 + (n * day * 37) % 90, "n_positive": 5 + n * day % 11}
                | {"day": moment.date() - day * DAY, "latency_histogram": [], "wait_histogram": []}
            )
            for day in range(1, 31)
        ]
        make_score(region, moment.date() - 9 * DAY)
        make_score(region, moment.date(), model_version="8")
    DailyRollup.objects.bulk_create(days)


def shown(client) -> str:
    client.force_login(make_person())
    return client.get(f"/day/{now().date()}/").content.decode()


@pytest.fixture
def page(client) -> str:
    """A hundred regions, of which twenty need a look."""
    make_regions_of_a_month(100)
    lost = [f"r{n}" for n in range(20)]
    TunnelState.objects.filter(path__region__code__in=lost).delete()
    RegionStatus.objects.filter(region__code__in=lost).update(
        last_success_at=now() - timedelta(hours=9),
        failure="link",
        failing_since=now() - timedelta(hours=9),
        sentence="SSH: bastion.region.example did not answer within 5 s.",
    )
    return shown(client)


def weight(names: list[str]) -> int:
    assert names
    return sum(Path(finders.find(name)).stat().st_size for name in names)


def test_it_stays_within_its_budgets(page):
    html = len(gzip.compress(page.encode()))
    css = weight(re.findall(r'href="/static/(css/[\w.]+)"', page))
    js = weight(re.findall(r'src="/static/(js/[\w.]+)"', page))

    assert page.count('<tr id="r') == 20
    assert page.count("<svg") == 60
    assert (html <= 60 * KIB, css <= 15 * KIB, js <= 10 * KIB) == (True, True, True), (
        html,
        css,
        js,
    )


def test_it_has_no_style_or_script_of_its_own(client):
    make_regions_of_a_month(1)

    assert not re.findall(r"<style|\sstyle=|\son\w+=|<script(?! src=)", shown(client))
