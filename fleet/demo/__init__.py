"""Embedded servers and sham regions for `make demo`, tests and benches; nothing else imports it."""

from __future__ import annotations
