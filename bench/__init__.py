"""Benchmarks, run by hand: `make bench`. Each prints a table and keeps it in bench/results/."""

from __future__ import annotations
