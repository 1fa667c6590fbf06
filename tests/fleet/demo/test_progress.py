from __future__ import annotations

import io

from fleet.demo.progress import Progress


def test_it_says_each_step_at_once() -> None:
    out = io.StringIO()

    Progress(out).step("Starting PostgreSQL")

    assert out.getvalue().endswith("s  Starting PostgreSQL …\n")


def test_it_says_nothing_new_within_two_seconds() -> None:
    out = io.StringIO()
    progress = Progress(out)
    progress.step("Filling")

    progress.news("1 %")

    assert "1 %" not in out.getvalue()


def test_it_prints_the_last_line_as_it_is() -> None:
    out = io.StringIO()

    Progress(out).last("Fleet is ready")

    assert out.getvalue() == "Fleet is ready\n"
