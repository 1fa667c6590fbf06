"""The regions app: ways in, contract, collection, rollups."""

from __future__ import annotations
