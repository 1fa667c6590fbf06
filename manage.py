#!/usr/bin/env python
"""Fleet's command line."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from fleet.demo.running import DemoFailure, adopt

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")
    try:
        adopt(sys.argv, os.environ)
    except DemoFailure as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)
