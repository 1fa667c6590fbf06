"""Of twelve regions seven are broken, each in its own way: the other five do not notice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from fleet.demo.postgres import Cluster
from regions.models import FailureKind
from regions.sessions import close_idle_sessions
from tests.regions.faults_rig import FAULTY, HEALTHY, Twelve
from tests.regions.faults_story import Story, describe, live_through
from tests.rig.regions import forget_region

pytestmark = [pytest.mark.integration, pytest.mark.long]

DIRECT_SENTENCES = {
    "refuses": (FailureKind.LINK, "refuses connections"),
    "silent": (FailureKind.TIMEOUT, "accepts the connection but never answers"),
    "mute": (FailureKind.TIMEOUT, "accepts the connection but never answers"),
    "column": (FailureKind.CONTRACT, "view study has no column modality"),
    "stranger": (FailureKind.CONTRACT, "contract 2.0; we understand version 1"),
    "password": (FailureKind.AUTH, "refuses the reader's password"),
    "slow": ("", ""),
}
SSH_SENTENCES = DIRECT_SENTENCES | {
    "refuses": (FailureKind.LINK, ":[0-9]+ refuses connections"),
    "silent": (FailureKind.TIMEOUT, "does not speak SSH|stopped answering"),
    "mute": (FailureKind.TIMEOUT, "does not speak SSH|stopped answering"),
    "stranger": (FailureKind.HOST_KEY, "shows the host key .* is pinned"),
}
# It depends on who notices first: the query, the next try, or the tunnel's keeper.
CUT_SHORT = (
    "connection was lost|is cut|never answers|does not answer|tunnel is not open|does not speak SSH"
)


@pytest.fixture(scope="module", params=["direct", "ssh"])
def story(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    central_cluster: Cluster,
    region_cluster: Cluster,
    rig_folder: Path,
) -> Iterator[Story]:
    """The story is lived once for all tests of a kind of path; they look at what it left."""
    folder = rig_folder / f"faults-{request.param}"
    folder.mkdir()
    folder.chmod(0o711)
    twelve = Twelve(region_cluster, folder, request.param)
    with django_db_blocker.unblock():
        try:
            told = live_through(twelve, central_cluster)
            told.kind = request.param
            yield told
        finally:
            twelve.close()
            close_idle_sessions()
            for code in HEALTHY + FAULTY:
                forget_region(code)
            call_command("flush", interactive=False, reset_sequences=False, verbosity=0)


def test_it_collects_the_five_in_the_time_they_take_alone(story: Story) -> None:
    assert story.together < story.limit_together, describe(story)


def test_it_shows_the_page_in_its_normal_time(story: Story) -> None:
    assert story.page_during < story.limit_page, describe(story)


@pytest.mark.parametrize("code", FAULTY)
def test_it_says_of_each_region_what_is_wrong(story: Story, code: str) -> None:
    kind, words = (SSH_SENTENCES if story.kind == "ssh" else DIRECT_SENTENCES)[code]

    assert story.failed[code].failure == kind
    assert re.search(words, story.failed[code].sentence)


def test_it_says_what_became_of_a_line_that_was_cut_in_mid_query(story: Story) -> None:
    assert story.cut_short.failure in {FailureKind.LINK, FailureKind.TIMEOUT}
    assert re.search(CUT_SHORT, story.cut_short.sentence)


def test_it_leaves_no_backend_behind(story: Story) -> None:
    assert story.freed_after < 60


def test_it_leaves_no_thread_behind(story: Story) -> None:
    assert story.threads_left == set()


@pytest.mark.parametrize("code", FAULTY)
def test_it_recovers_by_itself(story: Story, code: str) -> None:
    assert story.healed[code].failure == ""
    assert story.healed[code].n_failures == 0


@pytest.mark.parametrize("code", [code for code in FAULTY if code != "slow"])
def test_it_is_planned_again_within_a_quarter_of_an_hour(story: Story, code: str) -> None:
    assert 0 < story.retry_after[code] < 17 * 60


@pytest.mark.parametrize("code", HEALTHY + FAULTY)
def test_it_loses_and_doubles_no_row(story: Story, code: str) -> None:
    assert story.rollups[code] == story.truth[code]
