#!/usr/bin/env python
"""Fleet's command line."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from fleet.demo.running import DemoFailure, adopt

# Whoever was given a package checks it with the source alone: these only let the settings load.
NOWHERE = {
    "FLEET_SECRET_KEY": "only-to-let-the-settings-load",
    "FLEET_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")
    if sys.argv[1:2] == ["verify_export"]:
        os.environ.update({**NOWHERE, **os.environ})
    try:
        adopt(sys.argv, os.environ)
    except DemoFailure as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)
