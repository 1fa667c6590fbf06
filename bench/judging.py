"""Judging a closed day of 100 regions as the task does: rows read, judged, and kept.

Three months of 10 numeric attributes of three device models, 6 categorical ones
of four values, 4 classes of a model on two nodes, and what 120 judged days left of each series.
"""

from __future__ import annotations

import resource
import time

from bench.report import Report
from bench.rig import center
from fleet.alerts.detectors.judging import judge_days
from fleet.clock import now

N_REGIONS = 100
FILL = """
CREATE TEMP TABLE wont AS SELECT g AS number, array_agg(
    round(120 * exp(-power((b - 32 - g % 3) / 10.0, 2)) + 4 * random())::int ORDER BY b) AS bins
  FROM generate_series(0, 49) g, generate_series(0, 63) b GROUP BY g;
INSERT INTO regions_region (code, name, time_zone, level, is_active, collect_every, late_after,
  stale_after, open_weekdays, country, database_name, database_user, database_password)
SELECT 'p' || g, 'Region ' || g, 'Europe/Moscow', 2, true, '5 min', '30 min', '6 h', '1234567', '',
  'x', 'x', '' FROM generate_series(1, {n}) g;
INSERT INTO regions_accesspath (region_id, position, kind, database_host, database_port, is_enabled)
SELECT id, 1, 'direct', 'x', 5432, true FROM regions_region;
INSERT INTO regions_regionstatus (region_id, last_attempt_at, last_success_at, n_failures, failure,
  sentence, provides, columns_hash, n_misdated, n_capped)
SELECT id, now(), now(), 0, '', '', '', '', 0, 0 FROM regions_region;
INSERT INTO regions_dailyrollup (region_id, day, fingerprint, profile_fingerprint, n_received,
  n_filtered, n_expected,
  n_done, n_failed, n_rejected, n_pending, n_unknown, n_fallback, n_bad_latency, n_scored,
  n_positive, n_capped, latency_p50_s, latency_p95_s, latency_p99_s, wait_p50_s, wait_p95_s,
  collected_at, latency_histogram, wait_histogram)
SELECT id, current_date - d, 0, 0, 780 + d % 40, 9, 800, 780, 8, 5, 3, 0, 4, 0, 3900, 190, 0, 20,
  60, 90, 1, 4, now(), array_fill(3, ARRAY[128]), array_fill(3, ARRAY[128])
FROM regions_region, generate_series(0, 100) d;
INSERT INTO regions_dailyinput (region_id, day, attribute, device_model, n, histogram)
SELECT id, current_date - d, 'attribute-' || a, 'device-' || m, 2300, bins
FROM regions_region, generate_series(1, 92) d, generate_series(1, 10) a, generate_series(1, 3) m
JOIN wont ON true WHERE number = (id * 7 + d * 11 + a * 13 + m * 17) % 50;
INSERT INTO regions_dailycategory (region_id, day, attribute, device_model, category, n)
SELECT id, current_date - d, CASE a WHEN 1 THEN 'modality' ELSE 'category-' || a END,
  'device-' || m, 'value-' || v, 60 + (id * 7 + d * 11 + a * 13 + m * 17 + v * 5) % 12
FROM regions_region, generate_series(1, 92) d, generate_series(1, 6) a, generate_series(1, 3) m,
  generate_series(1, 4) v;
INSERT INTO regions_dailyscore (region_id, day, model_code, model_version, class_code, node,
  n_scored, n_positive, n_invalid, n_objects, score_histogram, size_histogram)
SELECT id, current_date - d, 'mammo-cls', '7', 'class-' || c, 'gpu-' || g, 490, 100 + number % 5,
  0, 490, bins, bins
FROM regions_region, generate_series(1, 92) d, generate_series(1, 4) c, generate_series(0, 1) g
JOIN wont ON true WHERE number = (id * 7 + d * 11 + c * 13 + g * 17) % 50;
INSERT INTO alerts_seriesday (region_id, day, service, version, attribute, is_off,
  {excesses}, {scores}, sum_upwards, sum_downwards, sum_tail, sum_shape)
SELECT id, current_date - d, CASE WHEN a > 16 THEN 'mammo-cls' ELSE '' END,
  CASE WHEN a > 16 THEN '7' ELSE '' END,
  CASE WHEN a <= 10 THEN 'attribute-' || a WHEN a = 11 THEN 'modality'
    WHEN a <= 16 THEN 'category-' || (a - 10) WHEN a <= 20 THEN 'score:class-' || (a - 16)
    ELSE 'size:class-' || (a - 20) END,
  extract(isodow FROM current_date - d) > 5, {excess}, {score}, 0, 0, 0, 0
FROM regions_region, generate_series(2, 121) d, generate_series(1, 24) a"""
_CHANNELS = [f"{past}_{name}" for past in ("day", "slow") for name in ("location", "tail", "shape")]


def bench(report: Report) -> None:
    _fill()
    for what in ("a day of 100 regions, first time", "nothing new"):
        before, started = time.process_time(), time.perf_counter()
        said = judge_days(now())
        report.add(f"{what}: wall time", time.perf_counter() - started, "s")
        report.add(f"{what}: processor time of the worker", time.process_time() - before, "s")
        print(f"  {said}")
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report.add("memory of the worker at its peak", peak_kb / 1024, "MB")


def _fill() -> None:
    filled = FILL.format(
        n=N_REGIONS,
        excesses=", ".join(f"{name}_excess" for name in _CHANNELS),
        scores=", ".join(f"{name}_score" for name in _CHANNELS),
        excess=", ".join("2e-4 * random()" for _ in _CHANNELS),
        score=", ".join("abs(random() + random() + random() - 1.5) * 2" for _ in _CHANNELS),
    )
    with center("FLEET_ADMIN_DATABASE_URL") as admin:
        admin.execute("TRUNCATE regions_region CASCADE")
        for statement in filled.split(";"):
            admin.execute(statement.encode())
        # As autovacuum has long done in life.
        admin.execute("VACUUM ANALYZE")
