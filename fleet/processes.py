"""The command line of each of Fleet's processes, said once.

`make demo`, docker-compose.yml and the systemd units of docs/operations.md run these commands;
tests hold the latter two to this page. Where a process listens, how many workers gunicorn has and
every secret come from the environment, so that a command is the same everywhere.
"""

from __future__ import annotations

# Once at each release, with FLEET_DATABASE_URL of fleet_admin.
MIGRATE = ("python", "manage.py", "migrate", "--no-input")
GRANT_ROLES = ("python", "manage.py", "grant_roles")

# Where it listens: GUNICORN_CMD_ARGS="--bind=127.0.0.1:8000".
WEB = (
    *("gunicorn", "fleet.wsgi", "--workers=2", "--threads=4", "--access-logfile=-"),
    "--no-control-socket",
)

# A collection waits for its region, it does not compute: threads, not processes. A region that
# failed last time waits in a lane of its own, where its time-outs delay nobody.
WORKER = (
    *("celery", "-A", "fleet", "worker", "--queues=default,collect", "--hostname=collect@%h"),
    *("--pool=threads", "--concurrency=64", "--loglevel=INFO"),
)
WORKER_SLOW = (
    *("celery", "-A", "fleet", "worker", "--queues=collect_slow", "--hostname=slow@%h"),
    *("--pool=threads", "--concurrency=16", "--loglevel=INFO"),
)
# A messenger that does not answer holds up nobody's collection.
DELIVERER = (
    *("celery", "-A", "fleet", "worker", "--queues=deliver", "--hostname=deliver@%h"),
    *("--pool=threads", "--concurrency=2", "--loglevel=INFO"),
)
# Judging a day computes for many seconds: in a process of its own, so that no collection waits.
JUDGE = (
    *("celery", "-A", "fleet", "worker", "--queues=judge", "--hostname=judge@%h"),
    *("--pool=threads", "--concurrency=1", "--loglevel=INFO"),
)
# Fetching studies waits for lines, and images are read in processes of their own: threads. Four
# regions at most are fetched from at once, see fleet/exports/planning.py.
EXPORTER = (
    *("celery", "-A", "fleet", "worker", "--queues=export", "--hostname=export@%h"),
    *("--pool=threads", "--concurrency=8", "--loglevel=INFO"),
)
# Where Telegram cannot reach the center, the center asks it which buttons were pressed.
BUTTONS = ("python", "manage.py", "poll_buttons")
# The timetable is kept in memory: nothing on this host's disk that another would need.
BEAT = ("celery", "-A", "fleet", "beat", "--scheduler=celery.beat:Scheduler", "--loglevel=INFO")
KEEPER = ("python", "manage.py", "keep_tunnels")
