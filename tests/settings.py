"""Fleet's settings for tests: addresses and passwords of servers that `conftest` will start.

A process that a test starts inherits the environment, and with it the same servers. Each worker of
pytest-xdist has servers of its own, though it inherits the environment of the one that started it.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from fleet.demo.servers import LOOPBACK, free_port

DATABASE = "fleet"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
ROLES = ("fleet_admin", "fleet_collect", "fleet_web", "fleet_adhoc", "fleet_studies")


def _environment() -> dict[str, str]:
    # Not pytest's tmp_path: its folders are closed to the account that PostgreSQL runs as.
    base = Path(tempfile.mkdtemp(prefix="fleet-tests-"))
    base.chmod(0o711)
    port = free_port()
    urls = {
        role: f"postgresql://{role}:{secrets.token_hex(8)}@{LOOPBACK}:{port}/{DATABASE}"
        for role in ROLES
    }
    return {
        "FLEET_TEST_WORKER": WORKER,
        "FLEET_TEST_FOLDER": str(base),
        "FLEET_DATABASE_URL": urls["fleet_collect"],
        "FLEET_ADMIN_DATABASE_URL": urls["fleet_admin"],
        "FLEET_STUDIES_DATABASE_URL": urls["fleet_studies"],
        "FLEET_TEST_WEB_DATABASE_URL": urls["fleet_web"],
        "FLEET_TEST_ADHOC_DATABASE_URL": urls["fleet_adhoc"],
        "FLEET_REDIS_URL": f"redis://:{secrets.token_hex(8)}@{LOOPBACK}:{free_port()}/0",
        "FLEET_SECRET_KEY": secrets.token_hex(32),
        "FLEET_CREDENTIAL_KEYS": Fernet.generate_key().decode(),
        "FLEET_SOCKET_DIR": str(base / "sockets"),
        "FLEET_SECURE_COOKIES": "false",
        "FLEET_LOG_LEVEL": "WARNING",
        # Seconds for each image; who tests it asks for it.
        "FLEET_EXPORT_TEXT_SEARCH": "false",
        # Playwright's loop runs in the thread of the test.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    }


if os.environ.get("FLEET_TEST_WORKER") != WORKER:
    os.environ.update(_environment())

from fleet.settings import *  # noqa: E402, F403 (they read what was just set)

INSTALLED_APPS = [*INSTALLED_APPS, "tests.rig"]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# WhiteNoise warns of a missing folder; nothing is collected for tests.
STATIC_ROOT = Path(os.environ["FLEET_TEST_FOLDER"]) / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# Sign-ins are counted within the process, and anew for each test that asks for it.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
