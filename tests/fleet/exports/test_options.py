"""Each purpose applies the options that it names, to every attribute that the table gives them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydicom.dataset import Dataset

from fleet.exports.deidentify import deidentify
from fleet.exports.profile import Rule, rules_by_tag
from fleet.exports.pseudonyms import Pseudonyms
from fleet.exports.purposes import PURPOSES, Purpose
from tests.fleet.exports.samples import KEY

NAMES = Pseudonyms(KEY, "4711")
SHARING = PURPOSES["external_sharing"]
KEEPING = [PURPOSES["model_debugging"], PURPOSES["device_drift"]]
SAMPLES = {"DA": "20240229", "TM": "131415", "DT": "20240229131415", "AS": "045Y", "DS": "61.5"}
# What the option names, beside annotations.
GRAPHICS = {0x50003000: "OW", 0x60003000: "OW", 0x601E3000: "OW", 0x60004000: "LT"}


def of(option: str) -> list[tuple[int, Rule]]:
    """Return what an option names; a device's UID becomes a new one with the option and without."""
    named = [(tag, rule) for tag, rule in rules_by_tag().items() if getattr(rule, option)]
    return [(tag, rule) for tag, rule in named if rule.vr != "UI"]


def after(purpose: Purpose, tag: int, vr: str, value: str) -> str:
    """Return what is left of a value, empty when nothing is."""
    dataset = Dataset()
    dataset.add_new(tag, vr, value)
    deidentify(dataset, purpose, NAMES)
    return str(dataset[tag].value or "") if tag in dataset else ""


def left(purpose: Purpose, option: str) -> set[str]:
    """Return the attributes of an option of which the purpose leaves something of use."""
    sex = "F" if option == "characteristics" else "CT1"
    found = set()
    for tag, rule in of(option):
        value = SAMPLES.get(rule.vr, sex)
        # Without any option, the same attribute becomes empty, a dummy or nothing.
        if after(purpose, tag, rule.vr, value) != after(SHARING, tag, rule.vr, value):
            found.add(rule.keyword)
    return found


@pytest.mark.parametrize("purpose", KEEPING, ids=lambda purpose: purpose.code)
@pytest.mark.parametrize("option", ["modified_dates", "characteristics", "device"])
def test_it_leaves_what_the_option_leaves(purpose: Purpose, option: str) -> None:
    assert left(purpose, option) == {rule.keyword for _tag, rule in of(option)}


@pytest.mark.parametrize(
    ("flag", "option"),
    [
        ("keeps_intervals", "modified_dates"),
        ("keeps_characteristics", "characteristics"),
        ("keeps_devices", "device"),
    ],
)
def test_it_leaves_nothing_where_the_option_is_off(flag: str, option: str) -> None:
    purpose = replace(PURPOSES["device_drift"], **{flag: False})

    assert left(purpose, option) == set()


@pytest.mark.parametrize("option", ["modified_dates", "device"])
def test_it_never_leaves_the_value_itself(option: str) -> None:
    purpose = PURPOSES["device_drift"]

    assert not [
        rule.keyword
        for tag, rule in of(option)
        if after(purpose, tag, rule.vr, value := SAMPLES.get(rule.vr, "CT1")) == value
    ]


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=lambda purpose: purpose.code)
def test_it_leaves_no_graphics(purpose: Purpose) -> None:
    dataset = Dataset()
    for tag, vr in GRAPHICS.items():
        dataset.add_new(tag, vr, b"IVANOV" if vr == "OW" else "IVANOV")
    dataset.GraphicAnnotationSequence = [Dataset()]

    deidentify(dataset, purpose, NAMES)

    assert not dataset.group_dataset(0x0070)
    assert not [tag for tag in GRAPHICS if tag in dataset]


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("model_debugging", ["113100", "113107", "113108"]),
        ("device_drift", ["113100", "113107", "113108"]),
        ("external_sharing", ["113100"]),
    ],
)
def test_it_claims_what_it_does(code: str, options: list[str]) -> None:
    assert [option for option, _meaning in PURPOSES[code].method_codes()] == options
