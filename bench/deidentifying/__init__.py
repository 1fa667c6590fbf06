"""Other programs that de-identify, measured beside ours on the same planted files."""

from __future__ import annotations
