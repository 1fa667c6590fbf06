"""The contract's derived views answer, briefly and without error, whatever the rows say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.rig.region_database import RegionDatabase

pytestmark = pytest.mark.integration

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
NAN, INFINITY = float("nan"), float("inf")
HUGE_INT, HUGE_BIGINT = 2**31 - 1, 2**63 - 1
MEGABYTE = "x<script>alert('1')</script>'; DROP TABLE study_native; --" * 18_000
SMALL = 200_000
FLOATS = (
    "pixel_spacing_mm", "kvp", "exposure_uas", "exposure_index", "deviation_index",
    "body_part_thickness_mm", "compression_force_n",
)  # fmt: skip


@pytest.fixture
def database(region_database: Callable[..., RegionDatabase]) -> RegionDatabase:
    return region_database("alpha", "UTC")


@pytest.fixture
def read(database: RegionDatabase) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Return a function: view -> its row of HOUR (or HOUR's day), as the reader sees it."""
    keys = {"daily_profile": ("day", HOUR.date())}
    with psycopg.connect(database.url, row_factory=dict_row, autocommit=True) as connection:

        def row(view: str) -> dict[str, Any]:
            key, value = keys.get(view, ("hour", HOUR))
            query = f"SELECT * FROM fleet_contract.{view} WHERE {key} = %s"
            rows = connection.execute(query.encode(), [value]).fetchall()
            assert len(rows) == 1
            return rows[0]

        yield row


def total(entries: list[dict[str, Any]] | None, key: str) -> int:
    return sum(entry.get(key, 0) for entry in entries or [])


@pytest.mark.parametrize("score", [NAN, INFINITY, -INFINITY, None, 1e308, -5.0])
def test_it_counts_a_strange_score(
    database: RegionDatabase, read: Callable[[str], dict[str, Any]], score: float | None
) -> None:
    database.insert_study(HOUR, scores=[0.5, score])  # type: ignore[list-item]
    finite = score in (1e308, -5.0)
    (output,) = read("hourly")["outputs"]
    (profile,) = read("daily_profile")["scores"]
    assert (
        (output["n"], output.get("x"))
        == (profile["n"], profile.get("x"))
        == (2, None if finite else 1)
    )


@pytest.mark.parametrize("column", FLOATS)
@pytest.mark.parametrize("value", [NAN, INFINITY, -INFINITY])
def test_it_leaves_an_attribute_that_is_no_number_out(
    database: RegionDatabase, read: Callable[[str], dict[str, Any]], column: str, value: float
) -> None:
    database.insert_study(HOUR, **{column: value})
    assert column not in {entry["a"] for entry in read("daily_profile")["inputs"]}


@pytest.mark.parametrize("mm", [NAN, INFINITY, -INFINITY, -1.0, 1e300])
def test_it_survives_a_strange_object_size(
    database: RegionDatabase, read: Callable[[str], dict[str, Any]], mm: float
) -> None:
    ref = database.insert_attempt(database.insert_study(HOUR, status=None))
    database.insert_prediction(ref, "any", 0.9, max_object_mm=mm)
    assert total(read("daily_profile")["scores"], "n") == 1


@pytest.mark.parametrize(
    "delivered", ["infinity", "-infinity", "1970-01-01Z", "294000-01-01Z", "4000-01-01 BC"]
)
def test_it_counts_an_answer_with_an_impossible_delivery_as_a_bad_latency(
    database: RegionDatabase, read: Callable[[str], dict[str, Any]], delivered: str
) -> None:
    database.insert_study(HOUR, attempt={"delivered_at": delivered})
    (flow,) = read("hourly")["flow"]
    assert (flow["d"], flow["x"], flow.get("l")) == (1, 1, None)


def test_it_counts_a_negative_latency_as_bad(
    database: RegionDatabase, read: Callable[[str], dict[str, Any]]
) -> None:
    database.insert_study(HOUR, latency=timedelta(seconds=-30))
    (flow,) = read("hourly")["flow"]
    assert (flow["d"], flow["x"], flow.get("l"), flow.get("w")) == (1, 1, None, None)


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "294276-12-31Z", "1970-01-01Z"])
@pytest.mark.parametrize("columns", [("queued_at",), ("started_at",), ("queued_at", "started_at")])
def test_it_survives_an_impossible_wait(
    database: RegionDatabase,
    read: Callable[[str], dict[str, Any]],
    moment: str,
    columns: tuple[str, ...],
) -> None:
    database.insert_study(HOUR, attempt=dict.fromkeys(columns, moment))
    (flow,) = read("hourly")["flow"]
    assert (flow["d"], flow.get("w")) == (1, None)


@pytest.mark.parametrize(
    "received", ["infinity", "-infinity", "1970-01-01Z", "294276-12-31Z", "4700-01-01 BC"]
)
def test_it_keeps_misdated_studies_out_of_every_hour(
    database: RegionDatabase, read: Callable[[str], dict[str, Any]], received: str
) -> None:
    database.insert_study(received, status=None)  # type: ignore[arg-type]
    database.insert_rejection(received)  # type: ignore[arg-type]
    hour = read("hourly")
    assert (hour["n_received"], hour["n_filtered"], read("hour_fingerprint")["n"]) == (0, 0, 0)


@pytest.mark.parametrize("view", ["hourly", "hour_fingerprint", "daily_profile"])
def test_it_answers_briefly_when_every_text_is_huge(
    database: RegionDatabase, read: Callable[[str], dict[str, Any]], view: str
) -> None:
    fill_every_text(database, MEGABYTE)
    assert len(json.dumps(read(view), default=str)) < 10_000


def test_it_shows_markup_as_the_text_it_is(
    database: RegionDatabase, read: Callable[[str], dict[str, Any]]
) -> None:
    fill_every_text(database, MEGABYTE)
    (flow,) = read("hourly")["flow"]
    assert flow["v"] == MEGABYTE[:64]


def fill_every_text(database: RegionDatabase, text: str) -> None:
    """Insert one study with an answer, a refused object and `text` wherever text is possible."""
    kept = {"study_ref", "attempt_ref", "status"}
    study_ref = database.insert_study(HOUR, status=None)
    attempt_ref = database.insert_attempt(study_ref)
    database.insert_prediction(attempt_ref, study_ref, 0.5)
    database.insert_rejection(HOUR)
    for table in ("study_native", "attempt_native", "prediction_native", "rejection_native"):
        names = database.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND data_type = 'text'",
            [table],
        )
        changes = ", ".join(f"{name} = %(text)s" for (name,) in names if name not in kept)
        database.execute(f"UPDATE {table} SET {changes}", {"text": text})
    database.execute("UPDATE study_native SET view_positions = %s", [[text, text]])


@pytest.mark.parametrize("n_objects", [HUGE_INT, -HUGE_INT])
def test_it_keeps_sums_of_huge_numbers_small(
    database: RegionDatabase, read: Callable[[str], dict[str, Any]], n_objects: int
) -> None:
    ref = database.insert_attempt(database.insert_study(HOUR, status=None))
    for _ in range(3):
        database.insert_prediction(ref, "any", 0.9, n_objects=n_objects)
    assert 0 <= total(read("hourly")["outputs"], "o") <= HUGE_INT
    assert 0 <= total(read("daily_profile")["scores"], "o") <= HUGE_INT


@pytest.mark.parametrize("view", ["hourly", "hour_fingerprint", "daily_profile"])
def test_it_survives_the_largest_integers(
    database: RegionDatabase, read: Callable[[str], dict[str, Any]], view: str
) -> None:
    huge = dict.fromkeys(("n_series", "n_images", "image_rows", "image_cols"), HUGE_INT)
    attempt = {"attempt_no": HUGE_INT, "row_id": HUGE_BIGINT}
    database.insert_study(
        HOUR, attempt=attempt, size_bytes=HUGE_BIGINT, row_id=-HUGE_BIGINT, **huge
    )
    assert read(view)


def insert_variety(database: RegionDatabase, n: int) -> None:
    """Insert n studies of HOUR, each with its own value in every column that is grouped by."""
    database.execute(
        """INSERT INTO study_native (study_ref, received_at, modality, manufacturer, model_name,
             body_part, org_code, device_software, detector_type, photometric, presentation_intent)
           SELECT 's' || n, %s::timestamptz, 'm' || n, 'v' || n, 'd' || n, 'b' || n, 'o' || n,
             's' || n, 't' || n, 'p' || n, 'i' || n FROM generate_series(1, %s) AS n""",
        [HOUR, n],
    )
    database.execute(
        """INSERT INTO attempt_native (study_ref, attempt_ref, attempt_no, pipeline_code,
             pipeline_version, status, error_class, error_side, device_ref, fallback_kind,
             fallback_reason)
           SELECT study_ref, 'a' || n, 1, 'p' || n, 'v' || n,
             CASE n % 3 WHEN 0 THEN 'failed' ELSE 'done' END, 'e' || n, 'i' || n, 'g' || n,
             'k' || n, 'r' || n
           FROM study_native, LATERAL (SELECT substr(study_ref, 2)::int AS n) AS x"""
    )
    database.execute(
        """INSERT INTO prediction_native (attempt_ref, study_ref, model_code, model_version,
             class_code, score)
           SELECT attempt_ref, study_ref, 'm' || study_ref, 'v' || study_ref, 'c' || study_ref, 0.5
           FROM attempt_native"""
    )
    database.execute(
        """INSERT INTO rejection_native (rejected_at, stage, reason_code)
           SELECT %s::timestamptz, 's' || n, 'r' || n FROM generate_series(1, %s) AS n""",
        [HOUR, n],
    )
    database.execute("ANALYZE")


@pytest.fixture
def many(database: RegionDatabase) -> int:
    insert_variety(database, 20_000)
    return 20_000


@pytest.mark.slow
def test_it_caps_what_is_distinct_in_an_hour_and_loses_no_count(
    many: int, read: Callable[[str], dict[str, Any]]
) -> None:
    hour = read("hourly")
    n_done = many - many // 3
    assert total(hour["flow"], "n") == many
    assert total(hour["outputs"], "n") == n_done
    assert total(hour["causes"], "n") == many * 2
    assert hour["n_capped"] == (many - 64) + (n_done - 256) + (many * 2 - 64)
    assert len(json.dumps(hour, default=str)) < SMALL


@pytest.mark.slow
def test_it_caps_what_is_distinct_in_a_day_and_loses_no_count(
    many: int, read: Callable[[str], dict[str, Any]]
) -> None:
    day = read("daily_profile")
    assert total(day["scores"], "n") == many - many // 3
    modalities = [entry for entry in day["categories"] if entry["a"] == "modality"]
    assert total(modalities, "n") == many
    assert day["n_capped"] > many
    assert len(json.dumps(day, default=str)) < SMALL


@pytest.mark.slow
def test_it_fingerprints_a_crowded_hour(many: int, read: Callable[[str], dict[str, Any]]) -> None:
    assert read("hour_fingerprint")["n"] == many * 4
