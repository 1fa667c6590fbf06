-- Statements of the collector. {schema} is the region's foreign schema; parameters are named.

-- name: standing
SELECT (
    SELECT coalesce(json_agg(p ORDER BY p.position), '[]')
    FROM (SELECT id, position, kind, database_host, database_port, is_enabled
          FROM regions_accesspath WHERE region_id = %(region)s AND is_enabled) AS p) AS paths,
  s.last_success_at, s.last_sweep_at, s.last_look_back_at, s.path_id,
  coalesce(s.columns_hash, '') AS columns_hash, coalesce(s.n_failures, 0) AS n_failures
FROM (SELECT) AS never_collected LEFT JOIN regions_regionstatus s ON s.region_id = %(region)s;

-- name: record_success
WITH status AS (
  INSERT INTO regions_regionstatus AS s (region_id, path_id, last_attempt_at, last_success_at,
    last_look_back_at, last_sweep_at, next_due_at, n_failures, failure, sentence, provides,
    contract_minor, server_version, columns_hash, clock_skew_s, latest_received_at, n_misdated,
    n_capped)
  VALUES (%(region)s, %(path)s, %(started_at)s, %(started_at)s, %(looked_back_at)s, %(swept_at)s,
    %(next_due_at)s, 0, '', '', %(provides)s, %(minor)s, %(server_version)s, %(columns_hash)s,
    %(clock_skew_s)s, %(latest_received_at)s, coalesce(%(n_misdated)s, 0),
    coalesce(%(n_capped)s, 0))
  ON CONFLICT (region_id) DO UPDATE SET (path_id, last_attempt_at, last_success_at, next_due_at,
    n_failures, failure, sentence, provides, contract_minor, server_version, columns_hash,
    clock_skew_s, latest_received_at)
  = (excluded.path_id, excluded.last_attempt_at, excluded.last_success_at, excluded.next_due_at,
    0, '', '', excluded.provides, excluded.contract_minor, excluded.server_version,
    excluded.columns_hash, excluded.clock_skew_s, excluded.latest_received_at),
    last_look_back_at = coalesce(excluded.last_look_back_at, s.last_look_back_at),
    last_sweep_at = coalesce(excluded.last_sweep_at, s.last_sweep_at),
    n_misdated = coalesce(%(n_misdated)s, s.n_misdated), n_capped = coalesce(%(n_capped)s, s.n_capped),
    queued_at = NULL, failing_since = NULL)
INSERT INTO regions_collection (region_id, path_id, started_at, finished_at, window_from,
  n_hours_checked, n_hours_replaced, failure, sentence)
VALUES (%(region)s, %(path)s, %(started_at)s, %(finished_at)s, %(window_from)s,
  %(n_hours_checked)s, %(n_hours_replaced)s, '', %(sentence)s)
RETURNING id;

-- Asked of the region directly, before anything is asked through foreign tables.
-- name: facts
SELECT * FROM fleet_contract.region_facts;

-- Asked of the region, and of our own copy of the contract: every column with its type.
-- name: columns
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'fleet_contract' AND c.relname = ANY (%(views)s)
ORDER BY c.relname, a.attnum;

-- Asked of the region once a sweep: studies that no hour can hold.
-- name: misdated
SELECT (SELECT count(*) FROM fleet_contract.study WHERE received_at > now() + interval '24 hours')
  + (SELECT count(*) FROM fleet_contract.study WHERE received_at < timestamptz '2000-01-01 00:00Z')
  + (SELECT count(*) FROM fleet_contract.study WHERE received_at IS NULL);

-- Hours whose row versions are not those that our bucket was made of; and, without an hour, what
-- the region says of itself.
-- name: changed_hours
SELECT f.hour, f.fingerprint,
  b.fingerprint IS DISTINCT FROM f.fingerprint AND (f.n > 0 OR b.hour IS NOT NULL) AS has_changed,
  f.region_code, f.major, f.minor, f.site_tz, f.provides, f.region_now, f.server_version,
  f.utc_offset_s, f.columns_hash, f.latest_received_at
FROM {schema}.hour_check f
LEFT JOIN regions_hourlyrollup b ON b.region_id = %(region)s AND b.hour = f.hour
WHERE (f.utc_day IS NULL OR f.utc_day BETWEEN %(utc_from)s AND %(utc_to)s)
  AND (f.hour IS NULL OR f.hour >= %(window_from)s AND f.hour < %(window_to)s);

-- name: delete_hours
WITH flow AS (
  DELETE FROM regions_hourlyflow WHERE region_id = %(region)s AND hour = ANY (%(hours)s)),
outputs AS (
  DELETE FROM regions_hourlyoutput WHERE region_id = %(region)s AND hour = ANY (%(hours)s)),
causes AS (
  DELETE FROM regions_hourlycause WHERE region_id = %(region)s AND hour = ANY (%(hours)s))
DELETE FROM regions_hourlyrollup WHERE region_id = %(region)s AND hour = ANY (%(hours)s);

-- Compute the changed hours in the region, once, and spread each over the four hourly tables.
-- name: insert_hours
WITH fetched AS MATERIALIZED (
  SELECT h.hour, h.n_received, h.n_filtered, h.n_capped, h.flow, h.outputs, h.causes
  FROM {schema}.hourly h WHERE h.utc_day = ANY (%(utc_days)s) AND h.hour = ANY (%(hours)s)),
flow AS (
  INSERT INTO regions_hourlyflow (region_id, hour, pipeline_code, pipeline_version, modality,
    n_expected, n_done, n_failed, n_rejected, n_pending, n_unknown, n_fallback, n_bad_latency,
    latency_histogram, wait_histogram)
  SELECT %(region)s, hour, x.p, x.v, x.m, x.n, x.d, coalesce(x.f, 0), coalesce(x.r, 0),
    coalesce(x.q, 0), coalesce(x.u, 0), coalesce(x.b, 0), coalesce(x.x, 0),
    fleet.dense_histogram(x.l, 128), fleet.dense_histogram(x.w, 128)
  FROM fetched CROSS JOIN LATERAL json_to_recordset(flow) AS x (p text, v text, m text, n int,
    d int, f int, r int, q int, u int, b int, x int, l text, w text)
  RETURNING *),
outputs AS (
  INSERT INTO regions_hourlyoutput (region_id, hour, model_code, model_version, class_code, node,
    n_scored, n_positive, n_invalid, n_distinct, n_identical, n_objects)
  SELECT %(region)s, hour, x.m, x.v, x.c, x.g, x.n, coalesce(x.p, 0), coalesce(x.x, 0),
    coalesce(x.d, 0), coalesce(x.e, 0), coalesce(x.o, 0)
  FROM fetched CROSS JOIN LATERAL json_to_recordset(outputs) AS x (m text, v text, c text, g text,
    n int, p int, x int, d int, e int, o int)
  RETURNING hour, n_scored, n_positive),
causes AS (
  INSERT INTO regions_hourlycause (region_id, hour, kind, reason, detail, n)
  SELECT %(region)s, hour, x.k, x.r, x.d, x.n
  FROM fetched CROSS JOIN LATERAL json_to_recordset(causes) AS x (k text, r text, d text, n int)),
bins AS (
  SELECT hour, bin, sum(latency)::int AS latency, sum(wait)::int AS wait
  FROM (SELECT hour, unnest(latency_histogram) AS latency, unnest(wait_histogram) AS wait,
    generate_series(0, 127) AS bin FROM flow) AS h
  WHERE latency > 0 OR wait > 0 GROUP BY hour, bin),
ranks AS (
  SELECT hour, 0.01 * 10::float8 ^ ((bin + 0.5::float8) / 25.6) AS middle_s,
    sum(latency) OVER seen AS latency, sum(wait) OVER seen AS wait,
    nullif(sum(latency) OVER whole, 0)::float8 AS n_latency,
    nullif(sum(wait) OVER whole, 0)::float8 AS n_wait
  FROM bins WINDOW whole AS (PARTITION BY hour), seen AS (PARTITION BY hour ORDER BY bin)),
quantiles AS (
  SELECT hour, min(middle_s) FILTER (WHERE latency >= ceil(0.5 * n_latency)) AS latency_p50,
    min(middle_s) FILTER (WHERE latency >= ceil(0.95 * n_latency)) AS latency_p95,
    min(middle_s) FILTER (WHERE latency >= ceil(0.99 * n_latency)) AS latency_p99,
    min(middle_s) FILTER (WHERE wait >= ceil(0.5 * n_wait)) AS wait_p50,
    min(middle_s) FILTER (WHERE wait >= ceil(0.95 * n_wait)) AS wait_p95
  FROM ranks GROUP BY hour),
answers AS (
  SELECT hour, sum(n_expected) AS n_expected, sum(n_done) AS n_done, sum(n_failed) AS n_failed,
    sum(n_rejected) AS n_rejected, sum(n_pending) AS n_pending, sum(n_unknown) AS n_unknown,
    sum(n_fallback) AS n_fallback, sum(n_bad_latency) AS n_bad_latency
  FROM flow GROUP BY hour),
scores AS (
  SELECT hour, sum(n_scored) AS n_scored, sum(n_positive) AS n_positive FROM outputs GROUP BY hour)
INSERT INTO regions_hourlyrollup (region_id, hour, day, fingerprint, n_received, n_filtered,
  n_expected, n_done, n_failed, n_rejected, n_pending, n_unknown, n_fallback, n_bad_latency,
  n_scored, n_positive, n_capped, latency_p50_s, latency_p95_s, latency_p99_s, wait_p50_s,
  wait_p95_s, collected_at)
SELECT %(region)s, c.hour, (c.hour AT TIME ZONE %(zone)s)::date, c.fingerprint, n_received,
  n_filtered, coalesce(n_expected, 0), coalesce(n_done, 0), coalesce(n_failed, 0),
  coalesce(n_rejected, 0), coalesce(n_pending, 0), coalesce(n_unknown, 0), coalesce(n_fallback, 0),
  coalesce(n_bad_latency, 0), coalesce(n_scored, 0), coalesce(n_positive, 0), n_capped,
  latency_p50, latency_p95, latency_p99, wait_p50, wait_p95, %(now)s
FROM unnest(%(hours)s::timestamptz[], %(fingerprints)s::bigint[]) AS c (hour, fingerprint)
JOIN fetched USING (hour) LEFT JOIN answers USING (hour) LEFT JOIN scores USING (hour)
LEFT JOIN quantiles USING (hour)
RETURNING day, n_capped;

-- Make the day rows again of all their hours. Here and above a quantile is the share-quantile by
-- nearest rank: the geometric middle of its bin, within 4.6 %% of the observation (10^(1/51.2) - 1)
-- between 10 ms and 1000 s; NULL for an empty histogram.
-- name: replace_days
WITH hours AS MATERIALIZED (
  SELECT * FROM regions_hourlyrollup WHERE region_id = %(region)s AND day = ANY (%(days)s)),
bins AS (
  SELECT day, bin, sum(latency)::int AS latency, sum(wait)::int AS wait
  FROM (SELECT day, unnest(latency_histogram) AS latency, unnest(wait_histogram) AS wait,
    generate_series(0, 127) AS bin
    FROM hours JOIN regions_hourlyflow USING (region_id, hour)) AS h
  WHERE latency > 0 OR wait > 0 GROUP BY day, bin),
ranks AS (
  SELECT day, bin || ':' || latency AS latency_bin, bin || ':' || wait AS wait_bin,
    0.01 * 10::float8 ^ ((bin + 0.5::float8) / 25.6) AS middle_s,
    sum(latency) OVER seen AS latency, sum(wait) OVER seen AS wait,
    nullif(sum(latency) OVER whole, 0)::float8 AS n_latency,
    nullif(sum(wait) OVER whole, 0)::float8 AS n_wait
  FROM bins WINDOW whole AS (PARTITION BY day), seen AS (PARTITION BY day ORDER BY bin)),
histograms AS (
  SELECT day, string_agg(latency_bin, ' ') AS latency, string_agg(wait_bin, ' ') AS wait,
    min(middle_s) FILTER (WHERE latency >= ceil(0.5 * n_latency)) AS latency_p50,
    min(middle_s) FILTER (WHERE latency >= ceil(0.95 * n_latency)) AS latency_p95,
    min(middle_s) FILTER (WHERE latency >= ceil(0.99 * n_latency)) AS latency_p99,
    min(middle_s) FILTER (WHERE wait >= ceil(0.5 * n_wait)) AS wait_p50,
    min(middle_s) FILTER (WHERE wait >= ceil(0.95 * n_wait)) AS wait_p95
  FROM ranks GROUP BY day),
sums AS (
  SELECT day, mod(sum(fingerprint::numeric), 9223372036854775807)::bigint AS fingerprint,
    sum(n_received) AS n_received, sum(n_filtered) AS n_filtered, sum(n_expected) AS n_expected,
    sum(n_done) AS n_done, sum(n_failed) AS n_failed, sum(n_rejected) AS n_rejected,
    sum(n_pending) AS n_pending, sum(n_unknown) AS n_unknown, sum(n_fallback) AS n_fallback,
    sum(n_bad_latency) AS n_bad_latency, sum(n_scored) AS n_scored,
    sum(n_positive) AS n_positive, sum(n_capped) AS n_capped
  FROM hours GROUP BY day)
INSERT INTO regions_dailyrollup AS d (region_id, day, fingerprint, n_received, n_filtered,
  n_expected, n_done, n_failed, n_rejected, n_pending, n_unknown, n_fallback, n_bad_latency,
  n_scored, n_positive, n_capped, latency_histogram, wait_histogram, latency_p50_s, latency_p95_s,
  latency_p99_s, wait_p50_s, wait_p95_s, collected_at)
SELECT %(region)s, sums.*, fleet.dense_histogram(latency, 128), fleet.dense_histogram(wait, 128),
  latency_p50, latency_p95, latency_p99, wait_p50, wait_p95, %(now)s
FROM sums LEFT JOIN histograms USING (day)
ON CONFLICT (day, region_id) DO UPDATE SET (fingerprint, n_received, n_filtered, n_expected,
  n_done, n_failed, n_rejected, n_pending, n_unknown, n_fallback, n_bad_latency, n_scored,
  n_positive, n_capped, latency_histogram, wait_histogram, latency_p50_s, latency_p95_s,
  latency_p99_s, wait_p50_s, wait_p95_s, collected_at)
= (excluded.fingerprint, excluded.n_received, excluded.n_filtered, excluded.n_expected,
  excluded.n_done, excluded.n_failed, excluded.n_rejected, excluded.n_pending, excluded.n_unknown,
  excluded.n_fallback, excluded.n_bad_latency, excluded.n_scored, excluded.n_positive,
  excluded.n_capped, excluded.latency_histogram, excluded.wait_histogram, excluded.latency_p50_s,
  excluded.latency_p95_s, excluded.latency_p99_s, excluded.wait_p50_s, excluded.wait_p95_s,
  excluded.collected_at);

-- Days whose profile was made of other rows. A day that is still filling waits an hour.
-- name: days_to_profile
SELECT day FROM regions_dailyrollup
WHERE region_id = %(region)s AND day >= %(day_from)s AND day <= %(day_to)s
  AND profile_fingerprint IS DISTINCT FROM fingerprint
  AND (day < %(today)s OR profile_at IS NULL OR profile_at <= %(profiled_before)s)
ORDER BY day;

-- name: delete_profiles
WITH inputs AS (
  DELETE FROM regions_dailyinput WHERE region_id = %(region)s AND day = ANY (%(days)s)),
categories AS (
  DELETE FROM regions_dailycategory WHERE region_id = %(region)s AND day = ANY (%(days)s))
DELETE FROM regions_dailyscore WHERE region_id = %(region)s AND day = ANY (%(days)s);

-- name: insert_profiles
WITH fetched AS MATERIALIZED (
  SELECT p.day, p.n_capped, p.inputs, p.categories, p.scores
  FROM {schema}.daily_profile p WHERE p.day = ANY (%(days)s)),
inputs AS (
  INSERT INTO regions_dailyinput (region_id, day, attribute, device_model, n, histogram)
  SELECT %(region)s, day, x.a, x.d, x.n, fleet.dense_histogram(x.h, 64)
  FROM fetched CROSS JOIN LATERAL json_to_recordset(inputs) AS x (a text, d text, n int, h text)),
categories AS (
  INSERT INTO regions_dailycategory (region_id, day, attribute, device_model, category, n)
  SELECT %(region)s, day, x.a, x.d, x.v, x.n
  FROM fetched CROSS JOIN LATERAL json_to_recordset(categories)
    AS x (a text, d text, v text, n int)),
scores AS (
  INSERT INTO regions_dailyscore (region_id, day, model_code, model_version, class_code, node,
    n_scored, n_positive, n_invalid, n_objects, score_histogram, size_histogram)
  SELECT %(region)s, day, x.m, x.v, x.c, x.g, x.n, coalesce(x.p, 0), coalesce(x.x, 0),
    coalesce(x.o, 0), fleet.dense_histogram(x.h, 64), fleet.dense_histogram(x.s, 64)
  FROM fetched CROSS JOIN LATERAL json_to_recordset(scores) AS x (m text, v text, c text, g text,
    n int, p int, x int, o int, h text, s text))
UPDATE regions_dailyrollup d
SET profile_fingerprint = d.fingerprint, profile_at = %(now)s,
  n_capped = greatest(d.n_capped, fetched.n_capped)
FROM fetched WHERE d.region_id = %(region)s AND d.day = fetched.day;

-- The tables are found by their dependence on the server, which has an index: to look through the
-- tables of all regions for each region takes longer with every region.
-- name: foreign_server
SELECT obj_description(s.oid, 'pg_foreign_server') AS mark,
  coalesce(s.srvoptions, '{}') AS options,
  (SELECT count(*) FROM pg_depend t JOIN pg_class c ON c.oid = t.objid
   WHERE t.classid = 'pg_class'::regclass AND t.refclassid = 'pg_foreign_server'::regclass
     AND t.refobjid = s.oid AND has_table_privilege('fleet_collect', c.oid, 'SELECT')
     AND has_schema_privilege('fleet_collect', c.relnamespace, 'USAGE')) AS n_readable_tables,
  (SELECT count(*) FROM pg_user_mappings m WHERE m.srvid = s.oid
     AND m.usename IN ('fleet_collect', 'fleet_studies')) = 2 AS is_mapped,
  s.oid IS NOT NULL OR n.oid IS NOT NULL AS is_there
FROM (VALUES (%(server)s::name)) AS wanted (name)
LEFT JOIN pg_foreign_server s ON s.srvname = wanted.name
LEFT JOIN pg_namespace n ON n.nspname = wanted.name;
