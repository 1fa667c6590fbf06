"""A child process beside us reads what comes from a region, within limits of memory and time."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fleet.exports.ends import End
from fleet.exports.instance import Outcome, Task
from fleet.exports.reader import words_of

SOURCES = Path(__file__).parents[2]
START_SECONDS = 60.0
LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Limits:
    """What one file may cost."""

    memory_bytes: int = 3 * 1024**3
    file_bytes: int = 2 * 1024**3
    seconds: float = 120.0
    bytes_per_second: float = 4e6  # a big file may take longer, at this pace


class Cleaner:
    """A child that de-identifies the files of one study; a new one takes over when it dies.

    Use it as a context: at its end the child is gone, whatever it was doing.
    """

    def __init__(self, task: Task, limits: Limits | None = None) -> None:
        self._task = task
        self._limits = limits or Limits()
        self._child: subprocess.Popen[bytes] | None = None
        self._seen: dict[str, str] = {}
        self.n_children = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def clean(self, source: Path, target: Path) -> Outcome:
        """De-identify one file into `target`, which exists afterwards only if that succeeded."""
        # Who cannot be looked at is not there, which the child says by its own name.
        size = source.stat().st_size if source.exists() else 0
        seconds = self._limits.seconds + size / self._limits.bytes_per_second
        answer = self._ask({"source": str(source), "target": str(target)}, seconds)
        outcome = Outcome(**{**answer, "end": End[answer["end"]]})
        if outcome.end is End.CLEANED and outcome.sop in self._seen:
            outcome = Outcome(End.DUPLICATE, source_size=outcome.source_size)
        if outcome.end is End.CLEANED:
            self._seen[outcome.sop] = outcome.sha256
        else:
            target.unlink(missing_ok=True)
        return outcome

    def draw(self, images: list[Path], labels: list[str], sheet: Path) -> End:
        """Draw a contact sheet of de-identified files; CLEANED when the PNG stands there."""
        request = {"images": [str(path) for path in images], "labels": labels, "sheet": str(sheet)}
        end = End[self._ask(request)["end"]]
        if end is not End.CLEANED:
            sheet.unlink(missing_ok=True)
        return end

    def n_words(self, image: Path, languages: str) -> int | None:
        """Return how many words stand in a de-identified image, None when nobody could tell."""
        answer = self._ask({"read": str(image), "languages": languages})
        return answer.get("n_words")

    def look(self) -> None:
        """Do nothing. Called before each request and every LOOK_EVERY_S while it is worked on.

        What a subclass raises here stops the work; the child ends with the context.
        """

    def _ask(self, request: dict[str, Any], seconds: float | None = None) -> dict[str, Any]:
        """Return the child's answer within the limit, or the way in which it died."""
        self.look()
        try:
            if self._child is None:
                self._start()
            self._send(request)
            return self._answer(seconds or self._limits.seconds)
        except TimeoutError:
            self._end()
            return {"end": End.TOO_SLOW.name}
        except (BrokenPipeError, EOFError, ValueError):
            self._end()
            return {"end": End.CRASHED.name}

    def _start(self) -> None:
        # Nothing of our environment: there are passwords in it.
        self._child = subprocess.Popen(
            [sys.executable, "-m", "fleet.exports.reader"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=SOURCES,
            env={"PATH": os.defpath, "PYTHONPATH": str(SOURCES), "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )
        self.n_children += 1
        self._send(
            {
                "task": words_of(self._task),
                "memory_bytes": self._limits.memory_bytes,
                "file_bytes": self._limits.file_bytes,
            }
        )
        self._answer(START_SECONDS)

    def _send(self, message: dict[str, Any]) -> None:
        if self._child is None or self._child.stdin is None:
            raise EOFError
        self._child.stdin.write(json.dumps(message).encode() + b"\n")
        self._child.stdin.flush()

    def _answer(self, seconds: float) -> dict[str, Any]:
        """Return the next line. Raises TimeoutError, EOFError, ValueError for no JSON."""
        if self._child is None or self._child.stdout is None:
            raise EOFError
        end = time.monotonic() + seconds
        line = b""
        while not line.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not select.select([self._child.stdout], [], [], min(left, LOOK_EVERY_S))[0]:
                self.look()
                continue
            part = os.read(self._child.stdout.fileno(), 65_536)
            if not part:
                raise EOFError
            line += part
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        # The child has a group of its own, in which a program that it started may still run.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(timeout=10)
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()
