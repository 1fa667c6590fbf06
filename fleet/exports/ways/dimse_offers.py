"""What we ask a PACS to let us do, and in which encodings it may send images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

FIND, GET = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3"
SERVICES = {FIND: "C-FIND", GET: "C-GET"}
IMPLICIT = "1.2.840.10008.1.2"
# Little and big endian and deflated, then JPEG, JPEG-LS, JPEG 2000, RLE, MPEG-2, MPEG-4, HTJ2K.
ENCODINGS = [
    f"1.2.840.10008.1.2{kind}"
    for kind in (
        *(".1", "", ".2", ".1.99", ".4.50", ".4.51", ".4.57", ".4.70", ".4.80", ".4.81"),
        *(".4.90", ".4.91", ".5", ".4.100", ".4.102", ".4.201", ".4.203"),
    )
]
# What is offered where the PACS does not tell beforehand of which kind images are: CT, MR, CR, DX,
# MG, tomosynthesis, screen captures.
COMMON = [
    f"1.2.840.10008.5.1.4.1.1.{kind}" for kind in ("2", "4", "1", "1.1", "1.2", "13.1.3", "7")
]
MOST_CONTEXTS = 128
# C-GET itself takes one context, each kind of image one for each encoding.
MOST_KINDS = (MOST_CONTEXTS - 1) // len(ENCODINGS)


@dataclass(frozen=True)
class Offer:
    """What may be asked for, or sent to us where `is_stored`, in one transfer syntax."""

    abstract: str
    syntax: str
    is_stored: bool = False


OFFERS_TO_FIND = (Offer(FIND, IMPLICIT),)


def offered_kinds(kind: str, others: Iterable[str]) -> list[str]:
    """Return the kinds of images (SOP classes) to offer when one of `kind` is to come next.

    An empty kind is one that the PACS does not tell.
    """
    if not kind:
        return COMMON
    return [kind, *(other for other in others if other != kind)][:MOST_KINDS]


def offers_to_get(kinds: Iterable[str]) -> list[Offer]:
    stored = [Offer(kind, encoding, is_stored=True) for kind in kinds for encoding in ENCODINGS]
    return [Offer(GET, IMPLICIT), *stored]
