"""How a region is reached and what it shows, without a secret."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.review.day import review
from fleet.review.figures import Figures
from fleet.review.standing import contract_of, limits_of, paths_of
from regions.models import Region, RegionStatus, SshHop, TunnelState
from tests.builders import NOW, TODAY, make_path, make_region, make_status, make_tunnel
from tests.rig.region_rows import fill_days

pytestmark = pytest.mark.django_db
FIGURES = Figures.of_active_language


def row():
    return review(TODAY, NOW, Region.objects.all()).rows[0]


def paths(status: RegionStatus | None = None):
    return paths_of(row(), status, NOW, FIGURES())


def make_hop(path, host_key: str = "ssh-ed25519 AAAA") -> None:
    SshHop.objects.create(
        path=path, position=path.hops.count() + 1, host="10.0.0.1", user="fleet",
        private_key="env:KEY", host_key=host_key,
    )  # fmt: skip


def test_it_says_what_the_keeper_says_of_each_path():
    region = make_region()
    make_tunnel(make_path(region, 1), TunnelState.State.CLOSED, since=NOW - timedelta(hours=3))
    make_tunnel(make_path(region, 2), seen_at=NOW - timedelta(hours=1))
    make_path(region, 3)
    make_path(region, 4, is_enabled=False)

    assert [(path.name, path.word, path.since) for path in paths()] == [
        ("1 · SSH", "closed", "3 h"),
        ("2 · SSH", "the keeper is silent", "—"),
        ("3 · SSH", "the keeper has not spoken of it", "—"),
        ("4 · SSH", "switched off", "—"),
    ]


def test_it_says_which_path_is_used():
    region = make_region()
    make_path(region, 1)
    used = make_path(region, 2)
    status = make_status(region)
    status.path = used

    assert [path.is_used for path in paths(status)] == [False, True]


def test_it_says_whether_host_keys_are_pinned():
    region = make_region()
    pinned, half = make_path(region, 1), make_path(region, 2)
    make_hop(pinned)
    make_hop(half)
    make_hop(half, host_key="")
    make_path(region, 3, kind="direct")

    assert [path.keys for path in paths()] == ["pinned (1 hop)", "not pinned", "no SSH"]


def test_it_tells_no_address_and_no_key():
    make_hop(make_path(make_region()))

    assert "10.0.0.1" not in repr(paths())
    assert "env:KEY" not in repr(paths())


def test_it_says_what_the_region_provides():
    region = make_region()
    fill_days(region, TODAY, NOW, n_days=1)

    contract = contract_of(RegionStatus.objects.get(), row(), FIGURES())

    given = {view.name for view in contract.views if view.is_provided}
    assert given == {"study", "processing", "prediction", "input_rejection"}
    assert dict(contract.facts.rows) | {"Contract version": "1.0", "PostgreSQL": "17.2"} == dict(
        contract.facts.rows
    )


def test_it_says_how_the_region_is_configured():
    make_region(open_weekdays="12345", country="RU")

    assert dict(limits_of(row(), FIGURES()).rows) == {
        "Time zone": "Europe/Moscow",
        "Level": "remote",
        "Works on": "Mon, Tue, Wed, Thu, Fri",
        "Holidays of": "RU",
        "Collected every": "5 min",
        "Data are late after": "30 min",
        "Data are stale after": "6 h",
    }
