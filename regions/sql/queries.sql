-- Statements of the collector. {schema} is the region's foreign schema; parameters are named.

-- Where a lock is named, take it for the session, whose end frees it whatever happens to us. What
-- is read beside it may be as of just before: then the collection looks back a little further.
-- name: standing
SELECT pg_try_advisory_lock(%(lock_class)s::int, %(region)s) AS is_ours, (
    SELECT coalesce(json_agg(p ORDER BY p.position), '[]')
    FROM (SELECT id, position, kind, database_host, database_port, is_enabled
          FROM regions_accesspath WHERE region_id = %(region)s AND is_enabled) AS p) AS paths,
  s.last_success_at, s.last_sweep_at, s.last_look_back_at, s.path_id,
  coalesce(s.columns_hash, '') AS columns_hash, coalesce(s.n_failures, 0) AS n_failures
FROM (SELECT) AS never_collected LEFT JOIN regions_regionstatus s ON s.region_id = %(region)s;

-- And let go of the lock: the buckets are committed.
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
RETURNING id, pg_advisory_unlock(%(lock_class)s, %(region)s);

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

-- Hours whose row versions are not those that our bucket was made of, with their counts: of so many
-- hours, from the one that holds window_from. And, without an hour, what the region says of itself.
-- name: changed_hours
-- An hour without rows has the fingerprint 0, and comes only if we have its bucket. Its version says
-- so: to compare hours themselves, a new session would look up one more type.
WITH known AS MATERIALIZED (
  SELECT hour, fingerprint FROM regions_hourlyrollup
  WHERE region_id = %(region)s AND hour > %(hour_before)s AND hour < %(window_to)s)
SELECT f.hour, f.fingerprint, f.n_received, f.n_filtered, f.n_capped, f.flow::text,
  f.outputs::text, f.causes::text, f.region_code, f.major, f.minor, f.site_tz, f.provides,
  f.region_now, f.server_version, f.utc_offset_s, f.columns_hash, f.latest_received_at
FROM {schema}.hour_check f
WHERE (f.utc_day IS NULL OR f.utc_day BETWEEN %(day_before)s AND %(day_from)s)
  AND (f.first_hour IS NULL OR f.first_hour > %(hour_before)s AND f.first_hour <= %(window_from)s)
  AND (f.n_hours IS NULL OR f.n_hours = %(n_hours)s)
  AND (f.n IS NULL OR f.n > 0 OR f.version = ANY (ARRAY(
    SELECT extract(epoch FROM hour)::bigint || ' 0' FROM known)))
  AND (f.version IS NULL OR f.version <> ALL (ARRAY(
    SELECT extract(epoch FROM hour)::bigint || ' ' || fingerprint FROM known)));

-- name: replace_hours
SELECT fleet.replace_hours(%(region)s, %(zone)s, %(now)s, %(hour)s, %(fingerprint)s,
  %(n_received)s, %(n_filtered)s, %(n_capped)s, %(flow)b::text[], %(outputs)b::text[],
  %(causes)b::text[], %(day_from)s, %(day_to)s, %(today)s, %(profiled_before)s);

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
