"""What `make demo` says while it starts: each step at its beginning, long ones as they go."""

from __future__ import annotations

import sys
import time
from typing import TextIO

SAY_EVERY_S = 2.0


class Progress:
    """Prints steps with the seconds since the start; on a terminal a step's news overwrite it."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._started = time.monotonic()
        self._said_at = 0.0
        self._step = ""
        self._is_open = False

    def step(self, text: str) -> None:
        """Begin a step."""
        self._step = text
        self._end_line()
        self._say(f"{text} …")

    def news(self, detail: str) -> None:
        """Say how far the step is, at most every SAY_EVERY_S."""
        if time.monotonic() - self._said_at >= SAY_EVERY_S:
            self._say(f"{self._step} … {detail}")

    def last(self, line: str) -> None:
        """Print a line as it is."""
        self._end_line()
        print(line, file=self._out, flush=True)

    def _say(self, text: str) -> None:
        self._said_at = time.monotonic()
        line = f"{self._said_at - self._started:6.1f} s  {text}"
        if self._out.isatty():
            print(f"\r\x1b[K{line}", end="", file=self._out, flush=True)
            self._is_open = True
        else:
            print(line, file=self._out, flush=True)

    def _end_line(self) -> None:
        if self._is_open:
            print(file=self._out, flush=True)
        self._is_open = False
