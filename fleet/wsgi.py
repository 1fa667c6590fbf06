"""The WSGI entry point."""

from __future__ import annotations

import gc
import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")
application = get_wsgi_application()
# No command runs before the web process: what is dangerous is refused here, by SystemCheckError.
call_command("check")
# What is loaded by now lives as long as the process, and a page makes thousands of objects that do
# not: looking through them all in the middle of an answer would only delay it.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
