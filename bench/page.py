"""The daily page over a year of rollups: queries and server time for 18, 100 and 1000 regions.

Five of a hundred regions need a look. The processors of a shared machine change their speed from
second to second, twofold: a fixed loop beside each request tells which requests they ran fast for.
"""

from __future__ import annotations

import gzip
import time
from statistics import median, quantiles

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import fleet.wsgi  # noqa: F401  (the web process sets its garbage collector there)
from bench.report import FAST, Report, loop_ms
from bench.rig import center
from fleet.clock import now

REQUESTS = 100
# Of fewer requests nothing is said.
FEWEST = 20
YEAR = """
INSERT INTO regions_region (code, name, time_zone, level, is_active, collect_every, late_after,
  stale_after, open_weekdays, country, database_name, database_user, database_password)
SELECT 'p' || g, 'Region ' || g, 'Europe/Moscow', 2, true, '5 min', '30 min', '6 h', '1234567', '',
  'x', 'x', '' FROM generate_series(1, %(n)s) g;
INSERT INTO regions_accesspath (region_id, position, kind, database_host, database_port, is_enabled)
SELECT id, 1, 'direct', 'x', 5432, true FROM regions_region;
INSERT INTO regions_regionstatus (region_id, last_attempt_at, last_success_at, n_failures, failure,
  sentence, provides, columns_hash, n_misdated, n_capped)
SELECT id, now(), now(), 0, '', '', '', '', 0, 0 FROM regions_region;
INSERT INTO regions_dailyrollup (region_id, day, fingerprint, n_received, n_filtered, n_expected,
  n_done, n_failed, n_rejected, n_pending, n_unknown, n_fallback, n_bad_latency, n_scored,
  n_positive, n_capped, latency_p50_s, latency_p95_s, latency_p99_s, wait_p50_s, wait_p95_s,
  collected_at, latency_histogram, wait_histogram)
SELECT id, current_date - d, 0, 780 + hashint4((id * 366 + d)::int) %% 60, 9, 800,
  CASE WHEN id %% 20 = 0 THEN 700 ELSE 780 END, CASE WHEN id %% 20 = 0 THEN 85 ELSE id %% 20 END,
  5, 3, 0, 4, 0, 3900, 190, 0, 20, 60, 90, 1, 4, now(), array_fill(3, ARRAY[128]),
  array_fill(3, ARRAY[128])
FROM regions_region, generate_series(0, 365) d ORDER BY d DESC;
INSERT INTO regions_dailyscore (region_id, day, model_code, model_version, class_code, node,
  n_scored, n_positive, n_invalid, n_objects, score_histogram, size_histogram)
SELECT id, current_date - d, 'mammo-cls', CASE WHEN d < 3 AND id %% 10 = 0 THEN '8' ELSE '7' END,
  'class-' || c, 'gpu-' || g, 490, 24, 0, 490, array_fill(7, ARRAY[64]), array_fill(7, ARRAY[64])
FROM regions_region, generate_series(0, 60) d, generate_series(1, 4) c, generate_series(0, 1) g
ORDER BY d DESC, id;
INSERT INTO regions_hourlycause (region_id, hour, kind, reason, detail, n)
SELECT id, date_trunc('hour', now()) - h * interval '1 h', kind, 'reason-' || r, 'gate', r
FROM regions_region, generate_series(0, 71) h, generate_series(1, 3) r,
  unnest(ARRAY['failed', 'rejected']) kind"""


def bench(report: Report) -> None:
    User.objects.create_superuser("bench")
    n_queries: list[int] = []
    for n_regions in (18, 100, 1000):
        _fill(n_regions)
        client = Client(SERVER_NAME="localhost")
        client.force_login(User.objects.get(username="bench"))
        path = f"/day/{now().date()}/"
        with CaptureQueriesContext(connection) as queries:
            size = len(gzip.compress(client.get(path).content))
        n_queries.append(len(queries))
        times, loops = [], []
        for _request in range(REQUESTS):
            before = loop_ms()
            started = time.perf_counter()
            answer = client.get(path)
            times.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200
            loops.append(max(before, loop_ms()))
        fast = [t for t, loop in zip(times, loops, strict=True) if loop < FAST * min(loops)]
        report.add(f"{n_regions} regions: queries", n_queries[-1], "")
        report.add(f"{n_regions} regions: median", median(times), "ms")
        report.add(f"{n_regions} regions: p95", quantiles(times, n=20)[18], "ms")
        report.add(f"{n_regions} regions: fixed loop, fastest", min(loops), "ms")
        report.add(f"{n_regions} regions: fixed loop, median", median(loops), "ms")
        report.add(f"{n_regions} regions: requests while it was fast", len(fast), "")
        if len(fast) >= FEWEST:
            report.add(f"{n_regions} regions: p95 of these", quantiles(fast, n=20)[18], "ms")
        report.add(f"{n_regions} regions: HTML, gzipped", size / 1024, "KB")


def _fill(n_regions: int) -> None:
    with center("FLEET_ADMIN_DATABASE_URL") as admin:
        admin.execute("TRUNCATE regions_region CASCADE")
        for statement in YEAR.split(";"):
            admin.execute(statement.encode(), {"n": n_regions} if "%(n)s" in statement else {})
        # As autovacuum has long done in life.
        admin.execute("VACUUM ANALYZE")
