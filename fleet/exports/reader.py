"""The child process that reads untrusted DICOM: limits first, then one file for each line.

Lines are JSON. The first says what holds for all files; each further one names a source and a
target, or asks for a contact sheet, or whether an image holds text. The answer to each is one line.
Nothing goes to standard error: a traceback would quote the file.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fleet.exports.ends import End
from fleet.exports.instance import Outcome, Task, clean
from fleet.exports.masks import Mask
from fleet.exports.preview import PreviewError, contact_sheet
from fleet.exports.purposes import Purpose
from fleet.exports.recognition import n_words


def main() -> None:
    """Answer lines until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What a library prints, C code included, is not an answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    start = json.loads(sys.stdin.readline())
    _limit(start["memory_bytes"], start["file_bytes"])
    task = task_of(start["task"])
    answers.write('{"end": "CLEANED"}\n')
    answers.flush()
    # What the libraries hold stays: looking through it after each file would take longer than most
    # files do.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = _answer(request, task)
        except MemoryError:
            answer = {"end": End.OUT_OF_MEMORY.name}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        # Datasets refer to themselves; without this the next file meets the last one's memory.
        gc.collect()


def task_of(values: dict[str, Any]) -> Task:
    """Return the task that `words_of` wrote."""
    purpose = {**values["purpose"], "admits": frozenset(values["purpose"]["admits"])}
    return Task(
        Purpose(**purpose),
        bytes.fromhex(values["key"]),
        values["study_uid"],
        tuple(Mask(**mask) for mask in values["masks"]),
        values["max_bytes"],
    )


def words_of(task: Task) -> dict[str, Any]:
    """Return the task as JSON can carry it. It holds the key: never log it."""
    values = asdict(task)
    values["key"] = task.key.hex()
    values["purpose"]["admits"] = sorted(task.purpose.admits)
    return values


def _limit(memory_bytes: int, file_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(request: dict[str, Any], task: Task) -> dict[str, Any]:
    if "sheet" in request:
        try:
            images = [Path(name) for name in request["images"]]
            contact_sheet(images, request["labels"], Path(request["sheet"]))
        except PreviewError:
            return {"end": End.MALFORMED.name}
        return {"end": End.CLEANED.name}
    if "read" in request:
        try:
            found = n_words(Path(request["read"]), request["languages"])
        except MemoryError:
            raise
        except Exception:
            # Pixels that nobody can decode, or a program that takes too long over them.
            return {"end": End.MALFORMED.name}
        return {"end": End.CLEANED.name, "n_words": found}
    outcome: Outcome = clean(Path(request["source"]), Path(request["target"]), task)
    return {**asdict(outcome), "end": outcome.end.name}


if __name__ == "__main__":
    main()
