"""The trail's details in words."""

from __future__ import annotations

import pytest
from django.utils import translation

from fleet.exports.models_events import ExportEvent
from fleet.exports.pages.told import told
from fleet.exports.pages.words import Words
from tests.builders import NOW

SHA = "5a" * 32


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        ("requested", "model_debugging, p-1: Why: so", "Отладка модели, p-1: Why: so"),
        ("requested", "an_old_one, p-1: Why", "an_old_one, p-1: Why"),
        ("prioritised", "urgent", "срочно"),
        (
            "looked_up",
            "2 files, 78200 bytes in tver 1 (Orthanc)",
            "2 файла, 78 кБ, tver 1 (Orthanc)",
        ),
        ("fetched", "an unknown number of files, 5 bytes from x", None),
        ("cleaned", "1 of 2 files", "1 из 2 файлов"),
        ("looked_through", "sheet 1 of 3", "лист 1 из 3"),
        ("packed", f"75521 bytes, SHA-256 {SHA}", f"76 кБ, SHA-256 {SHA}"),
        ("downloaded", SHA, f"SHA-256 {SHA}"),
        ("unavailable", "deleted", "исследование удалено в регионе"),
        ("unavailable", "unknown: tver knows no study by this reference.", None),
        ("failed", "A sentence alone.", "A sentence alone."),
        ("refused", "Too vague", "Too vague"),
        ("paused", "", ""),
    ],
)
def test_it_tells_a_row_in_the_active_language(kind, detail, words):
    known = {
        "fetched": detail,
        "unavailable": "tver не знает исследования с этим идентификатором.",
    }
    with translation.override("ru"):
        found = told(ExportEvent(kind=kind, detail=detail), Words.of_active_language(NOW))

    assert found.replace("\u00a0", " ") == (known[kind] if words is None else words)
