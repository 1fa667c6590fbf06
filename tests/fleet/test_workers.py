"""A worker starts with what every worker needs: each of them is a process that idles for weeks."""

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


def test_it_starts_without_the_libraries_of_others() -> None:
    started = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", START],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert started.stdout.split() == ["True"], started.stderr
