from __future__ import annotations

import pytest
from django.utils.translation import override

from fleet.exports import purposes
from fleet.exports.ends import End, label


@pytest.mark.parametrize("end", End, ids=lambda end: end.name)
def test_it_says_every_end_in_both_languages(end: End) -> None:
    with override("en"):
        assert label(end) == end.value
    with override("ru"):
        assert label(end) != end.value


@pytest.mark.parametrize("code", purposes.PURPOSES)
def test_it_says_every_purpose_in_both_languages(code: str) -> None:
    words = set()
    for language in ("en", "ru"):
        with override(language):
            words |= {purposes.label(code), purposes.explanation(code)}

    assert len(words) == 4
