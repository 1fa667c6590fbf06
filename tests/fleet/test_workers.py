"""A process starts with what it needs at once: workers idle for weeks, commands are waited for."""

from __future__ import annotations

import subprocess
import sys

# Models of images and of statistics, pages, and what messengers draw.
HEAVY = ("scipy", "numpy", "pydicom", "pynetdicom", "PIL", "matplotlib", "fleet.urls")
START = f"""
import sys
from fleet.celery import app
app.loader.import_default_modules()
app.set_default()
from celery.signals import worker_init
worker_init.send(sender=None)
print(*(set({HEAVY}) & set(sys.modules)), "regions.tasks" in sys.modules)
"""


WEB = """
import sys
import django
django.setup()
import fleet.urls
heavy = {"scipy.stats", "pynetdicom", "matplotlib"}
print(*(heavy & set(sys.modules)), "fleet.urls" in sys.modules)
"""


def said(program: str) -> list[str]:
    started = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return started.stdout.split()


def test_a_worker_starts_without_the_libraries_of_others() -> None:
    assert said(START) == ["True"]


def test_pages_and_commands_start_without_what_only_judging_needs() -> None:
    assert said(WEB) == ["True"]
