"""Sham regions' databases, filled by the simulator: a fixture of all tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from fleet.clock import now
from fleet.demo.native import install
from fleet.demo.postgres import Cluster
from fleet.demo.sham import ShamRegion, Shape
from fleet.demo.simulator import fill_history

_numbers = itertools.count(1)
MakeFilled = Callable[..., "Filled"]


@dataclass(frozen=True)
class Filled:
    """A sham region's database and the moment at which its history ends."""

    sham: ShamRegion
    connection: psycopg.Connection[Any]
    url: str
    end: datetime


@pytest.fixture(scope="session")
def make_filled(start_region_cluster: Callable[[str], Cluster]) -> Iterator[MakeFilled]:
    """Return a function: (shape, days=…, end=…, flavour=…, **fields of ShamRegion) -> Filled."""
    connections: list[psycopg.Connection[Any]] = []

    def make(
        shape: Shape,
        days: int = 5,
        end: datetime | None = None,
        flavour: str = "wheel",
        **fields: Any,
    ) -> Filled:
        sham = ShamRegion(
            **{"code": "alpha", "name": "Alpha", "zone": "Asia/Kathmandu", "seed": 3, **fields},
            shape=shape,
        )
        cluster, name = start_region_cluster(flavour), f"sham_{next(_numbers)}"
        cluster.create_database(name)
        connection = cluster.connect(name)
        connections.append(connection)
        end = end or now() - timedelta(hours=2)
        install(connection, sham)
        fill_history(connection, sham, days, end)
        # As the contract sets it for the reader.
        connection.execute("SET jit = off")
        return Filled(sham, connection, cluster.superuser_url(name), end)

    yield make
    for connection in connections:
        connection.close()
