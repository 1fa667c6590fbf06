"""What Prometheus scrapes: the fleet's state from the rollups, the queues, and the pages' times."""

from __future__ import annotations
