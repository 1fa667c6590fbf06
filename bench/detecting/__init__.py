"""Simulated fleets and what is judged of them; run by `python -m bench detection`."""

from __future__ import annotations
