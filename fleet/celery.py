"""The Celery application and the timetable of beat.

Queues: `collect`, `collect_slow` for regions that failed last time, `deliver` for messages, `judge`
for days that are over, `export` for studies that leave their regions, and `default`.
"""

from __future__ import annotations

import logging
import os
from datetime import timedelta

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")
# Celery would run Django's checks, heed none, and import every page for those of URLs.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

app = Celery("fleet")
app.config_from_object(
    {
        "broker_connection_retry_on_startup": True,
        # A task that is not acknowledged within this time is given to another worker.
        "broker_transport_options": {"visibility_timeout": 3600},
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        "task_default_queue": "default",
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "timezone": "UTC",
        "beat_schedule": {
            "plan collections": {
                "task": "regions.tasks.plan_collections",
                "schedule": timedelta(seconds=15),
                "options": {"expires": 15},
            },
            "rebuild union views": {
                "task": "regions.tasks.rebuild_union",
                "schedule": timedelta(minutes=1),
                "options": {"expires": 60},
            },
            "prune rollups": {
                "task": "regions.tasks.prune_rollups",
                # A clock time, since an interval begins anew whenever beat is restarted.
                "schedule": crontab(minute="17", hour="*/6"),
            },
            "deliver messages": {
                "task": "fleet.alerts.tasks.deliver",
                "schedule": timedelta(seconds=5),
                "options": {"queue": "deliver", "expires": 5},
            },
            "watch the regions": {
                "task": "fleet.alerts.tasks.watch",
                "schedule": timedelta(minutes=1),
                "options": {"expires": 60},
            },
            "judge the days that are over": {
                "task": "fleet.alerts.tasks.judge_days",
                "schedule": timedelta(minutes=1),
                "options": {"queue": "judge", "expires": 60},
            },
            "look whether we see": {
                "task": "fleet.alerts.tasks.look",
                "schedule": timedelta(minutes=1),
                "options": {"queue": "deliver", "expires": 60},
            },
            "ask again who took an alert": {
                "task": "fleet.alerts.tasks.ask_again",
                "schedule": timedelta(minutes=1),
                "options": {"queue": "deliver", "expires": 60},
            },
            "plan exports": {
                "task": "fleet.exports.tasks.plan_exports",
                "schedule": timedelta(seconds=5),
                "options": {"expires": 5},
            },
            "sweep exports": {
                "task": "fleet.exports.tasks.plan_sweep",
                "schedule": timedelta(minutes=10),
                "options": {"expires": 600},
            },
            "forget sessions": {
                "task": "fleet.people.tasks.forget_sessions",
                "schedule": crontab(minute="27", hour="3"),
            },
        },
    }
)
app.autodiscover_tasks(["regions", "fleet.people", "fleet.alerts", "fleet.exports"])


@app.on_configure.connect
def read_broker_address(sender: Celery, **_: object) -> None:
    """Take the broker from Django's settings, which read it from the environment."""
    from django.conf import settings

    sender.conf.broker_url = settings.FLEET_REDIS_URL


@worker_init.connect
@beat_init.connect
def refuse_danger(**_: object) -> None:
    """Run the checks of configurations. Ends the process by SystemExit."""
    from django.core.checks import Tags
    from django.core.management import CommandError, call_command

    try:
        call_command("check", tags=[Tags.security, "fleet"])
    except CommandError as error:
        logging.getLogger(__name__).critical("%s", error)
        # Celery would go on after any other exception of a signal's receiver.
        raise SystemExit(1) from None
