"""Studies taken out of a region: de-identified, packed, signed, or refused with a reason."""

from __future__ import annotations
