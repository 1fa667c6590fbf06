from __future__ import annotations

from django.core.management.base import BaseCommand

from fleet.clock import now
from regions.union import rebuild_union


class Command(BaseCommand):
    help = "Rebuild the union views over the regions that answered."

    def handle(self, **_options: object) -> str:
        return rebuild_union(now(), is_forced=True)
