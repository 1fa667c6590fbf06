"""What workers write down in English is read in the language of the page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from fleet.exports.pages.said import SENTENCES, said

EXPORTS = Path(__file__).parents[4] / "fleet" / "exports"
RAISED = {"WayFailed", "Ended", "TooMuch", "StudyRefused"}


@pytest.mark.parametrize(
    ("english", "russian"),
    [
        (
            "The archive of Тверь no longer has it: it was kept until 3 November 2026.",
            "В архиве региона Тверь его больше нет: оно хранилось до 3 ноября 2026.",
        ),
        (
            "The study source tver 1 (Orthanc) does not answer within 30.0 s. "
            "Check that server and the line.",
            "Источник исследований tver 1 (Orthanc) не отвечает за 30.0 с. "
            "Проверьте этот сервер и связь.",
        ),
        (
            "ultrasound: Nothing is left: structured report, ultrasound.",
            "УЗИ: не осталось ни одного файла, структурированный отчёт, УЗИ.",
        ),
        ("Path main: no route to host.", "Path main: no route to host."),
        ("100 % strange (text)", "100 % strange (text)"),
    ],
)
def test_it_says_it_in_russian(english, russian):
    with override("ru"):
        assert said(english) == russian
    with override("en"):
        assert said(english) == english


def sentences_of(node: ast.expr) -> Iterator[str]:
    """Return the texts that an expression may be, with an x for what is put into them."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            parts = (
                str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values
            )
            yield "".join(parts)
        case ast.BinOp(left=left, right=ast.IfExp(body=one, orelse=other)):
            for start in sentences_of(left):
                yield from (start + end for part in (one, other) for end in sentences_of(part))


def raised() -> Iterator[str]:
    for path in EXPORTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISED:
                for text in sentences_of(node.args[-1]):
                    # Without those that are put together of others, and with a day put in.
                    if any(len(word) > 2 for word in text.split()):
                        yield text.replace("studyx", "study of x")


def test_it_knows_every_sentence_of_the_exporter():
    with override("ru"):
        unknown = [one for one in raised() if said(one) == one]
        # What a study is refused for stands behind the end of its first file.
        unknown = [one for one in unknown if said(f"x: {one}") == f"x: {one}"]

    assert len(list(raised())) > 40
    assert unknown == []


def test_it_knows_no_sentence_twice():
    assert len(set(SENTENCES)) == len(SENTENCES)
