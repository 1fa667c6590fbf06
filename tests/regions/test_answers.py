from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from regions.answers import Key, Order, Outcome

MOMENT = datetime(2026, 3, 10, 10, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("order", "value"),
    [
        (Order.LATEST, MOMENT),
        (Order.FAILED, datetime(1969, 12, 31, 23, 59, tzinfo=UTC)),
        (Order.SLOWEST, timedelta(days=3, microseconds=7)),
        (Order.SCORE, 0.1 + 0.2),
        (Order.SCORE, 1e-17),
        (Order.SCORE, -1.7976931348623157e308),
    ],
)
def test_it_reads_the_key_that_it_wrote(order: Order, value: datetime | timedelta | float) -> None:
    key = Key(value, 2**63 - 1, -7)

    assert Key.parse(str(key), order) == key


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1_2",
        "1_2_3_4",
        "nan_1_1",
        "1e_1_1",
        "1_99999999999999999999_1",
        "1_9999999999999999999_1",
        "999999999999999999999999_1_1x",
        "1; DROP TABLE study_1_1",
        "١_1_1",
    ],
)
def test_it_refuses_a_key_that_it_did_not_write(order: Order, text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Key.parse(text, order)


@pytest.mark.parametrize("order", [Order.LATEST, Order.SLOWEST])
@pytest.mark.parametrize("value", ["0.5", "1e3", "9" * 25])
def test_it_refuses_a_value_of_another_order(order: Order, value: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Key.parse(f"{value}_1_1", order)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("done", "done"),
        ("timeout", "failed"),
        ("cancelled", "failed"),
        ("running", "pending"),
        ("rejected", "rejected"),
        ("Done", "unknown"),
        (None, "unknown"),
    ],
)
def test_it_judges_a_status_as_the_contract_does(status: str | None, outcome: str) -> None:
    assert Outcome.of(status) == outcome
