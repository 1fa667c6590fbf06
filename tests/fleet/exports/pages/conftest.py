from __future__ import annotations

import pytest

from fleet.exports.models import ExportedStudy
from tests.builders import make_healthy_region, make_person
from tests.builders_exports import make_export, make_exported_study, make_exporting


@pytest.fixture
def region(db):
    return make_healthy_region("tver", name="Тверь")


@pytest.fixture
def person(region):
    """Signed in; may ask for studies of the region, which wants no second person."""
    person = make_person(regions=[region])
    make_exporting(region, person)
    return person


@pytest.fixture
def signed_in(client, person):
    client.force_login(person)
    return client


@pytest.fixture
def study(region, person):
    """Being fetched."""
    return make_exported_study(
        make_export(region, person),
        ExportedStudy.State.FETCHING,
        n_instances=8,
        n_bytes=66_000_000,
        n_fetched=3,
        n_bytes_fetched=24_000_000,
        bytes_per_s=1_200_000.0,
    )
