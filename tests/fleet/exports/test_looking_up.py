"""Expired, deleted, unknown and unreachable are four answers, each true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fleet.exports.contract import StudyRow
from fleet.exports.looking_up import locate, why_gone
from fleet.exports.models import ExportedStudy
from fleet.exports.models_sources import StudySource
from fleet.exports.moving import Ended
from fleet.exports.ways.way import Trouble, WayFailed
from regions.models import Region

Why = ExportedStudy.Why
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
RECEIVED = datetime(2026, 10, 2, 22, tzinfo=UTC)
TVER = Region(code="tver", name="Tver", time_zone="Europe/Moscow")


def row(status: str = "", until: datetime | None = None) -> StudyRow:
    return StudyRow("1.2", RECEIVED, status, until, 4, 1000)


@pytest.mark.parametrize(
    ("told", "keep_days", "why", "words"),
    [
        (None, 14, Why.UNKNOWN, "Tver knows no study by this reference."),
        (row(), 14, Why.EXPIRED, "it keeps studies for 14 days, and this one is from 3 October"),
        (row(until=NOW), None, Why.EXPIRED, "it was kept until 20 October 2026"),
        (row("expired"), None, Why.EXPIRED, "says that it has let the study expire"),
        (row(), 30, Why.DELETED, "no longer has the images, though they have not expired"),
        (row("deleted"), 30, Why.DELETED, "says that the study was deleted"),
        (row("available"), None, Why.DELETED, "For how long it keeps studies is not known here"),
        (row("archived"), 14, Why.NO_SOURCE, "moved to an archive of another kind"),
    ],
)
def test_it_says_why_a_study_is_gone(told, keep_days, why, words):
    ended = why_gone(TVER, [StudySource(region=TVER, keep_days=keep_days)], told, NOW)

    assert ended.why is why
    assert words in ended.sentence


@pytest.mark.django_db(transaction=True)
class TestWithARegion:
    def test_it_finds_a_study_with_its_size(self, center):
        ref = center.study("s-1", NOW)
        located = locate(center.region, ref, NOW)

        assert (located.source, located.n_instances) == (center.source, 3)
        assert located.n_bytes > 100_000

    def test_it_goes_on_to_the_next_source_when_one_cannot_look_it_up(self, center):
        center.study("s-1", NOW, study_uid=None)
        StudySource.objects.update(position=2)
        StudySource.objects.create(region=center.region, kind="sftp", base_path="{study_uid}")

        assert locate(center.region, "s-1", NOW).source == center.source

    def test_it_says_which_column_a_source_needs(self, center):
        center.study("s-1", NOW, study_uid=None)
        StudySource.objects.update(base_path="{study_uid}")

        with pytest.raises(WayFailed, match="gives no study_uid"):
            locate(center.region, "s-1", NOW)

    def test_it_says_that_a_study_is_gone(self, center):
        center.database.insert_study(NOW - timedelta(days=20), study_ref="s-1")
        StudySource.objects.update(keep_days=14)

        with pytest.raises(Ended) as ended:
            locate(center.region, "s-1", NOW)
        assert ended.value.why is Why.EXPIRED

    def test_it_does_not_take_silence_for_an_answer(self, center):
        center.database.insert_study(NOW, study_ref="s-1")
        center.archive.failure = WayFailed(Trouble.LINK, "The line is cut.")

        with pytest.raises(WayFailed, match="The line is cut"):
            locate(center.region, "s-1", NOW)

    def test_it_refuses_what_is_bigger_than_the_policy_allows(self, center):
        center.study("s-1", NOW)
        center.policy.max_study_bytes = 1000
        center.policy.save()

        with pytest.raises(Ended, match="allows 1000"):
            locate(center.region, "s-1", NOW)

    def test_it_needs_a_source(self, center):
        StudySource.objects.update(is_enabled=False)

        with pytest.raises(Ended) as ended:
            locate(center.region, "s-1", NOW)
        assert ended.value.why is Why.NO_SOURCE
