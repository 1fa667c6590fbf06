"""The WSGI entry point."""

from __future__ import annotations

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")
application = get_wsgi_application()
# No command runs before the web process: what is dangerous is refused here, by SystemCheckError.
call_command("check")
