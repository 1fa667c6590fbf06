"""Real servers and sham regions for the tests."""

from __future__ import annotations
