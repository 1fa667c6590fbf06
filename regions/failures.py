"""The one exception for what keeps a region's data from us: a kind and a sentence for people."""

from __future__ import annotations

from regions.models.collection import FailureKind


class Failure(Exception):
    """`sentence` names the thing and the remedy; it holds no secret and no patient data."""

    def __init__(self, kind: FailureKind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
