"""A fault on purpose, from its finding to its message, its button and its end."""

from __future__ import annotations
