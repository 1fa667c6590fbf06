-- Fleet region contract, version 1.0. Step 2 of 3: views computed over the row views.
-- The region does not write these. Every bin is fixed by the contract's version, so that what two
-- hours, days or regions say can be added up. To run this step again replaces what is there.
--
-- An hour is an hour of the region's own clock and is named by the instant at which it begins. A
-- study and all that became of it belong to the hour, and to the local day, of its received_at.
-- Histograms travel as "bin:count bin:count", in any order and without the empty bins; what names a
-- bin twice counts both. Latency and wait: 128 logarithmic bins from 10 ms to 1000 s; the first and
-- the last also take what lies beyond. Scores, sizes and attributes: bin 0 below the range, 62 equal
-- bins over it (the last one closed), bin 63 above it. What is zero or empty is left out of the JSON.
--
-- OFFSET 0 keeps the planner from turning the index look-up for each study of an hour into a scan
-- of the whole table for every hour: it cannot know how few studies an hour has. Ranks come from
-- windows, not from joins of the steps with one another: it cannot know how many rows a step has
-- either, and a nested loop over a crowded hour would take minutes.
--
-- What computes is a function, because a session keeps the plans of a function's queries; a view is
-- planned anew whenever it is asked, which takes longer than to compute a usual hour. The functions
-- have the rights of who asks, no more. A constant has the type of what it meets: a new session
-- would else try every form of the operator, and look up how each type becomes the other.

CREATE OR REPLACE VIEW fleet_contract.input_range AS
SELECT attribute, low::float8, high::float8 FROM (VALUES
  ('n_images', 0, 62), ('image_rows', 0, 6200), ('image_cols', 0, 6200),
  ('pixel_spacing_mm', 0, 1.24), ('bits_stored', 0, 62), ('kvp', 0, 155),
  ('exposure_uas', 0, 310000), ('exposure_index', 0, 3100), ('deviation_index', -15.5, 15.5),
  ('body_part_thickness_mm', 0, 124), ('compression_force_n', 0, 248),
  ('patient_age_years', 0, 124)
) AS v (attribute, low, high);

-- Every hour that may be asked for: 400 days back, one ahead. Who names the hour's UTC day beside
-- the hour spares the region from writing out the hours of the other days.
CREATE OR REPLACE VIEW fleet_contract.hour_series AS
SELECT region_code, utc_day,
  generate_series(first, first + interval '23 hours', interval '1 hour') AS hour
FROM (
  SELECT i.region_code, date '1970-01-01' + d.n AS utc_day,
    (date '1970-01-01' + d.n)::timestamp AT TIME ZONE 'UTC'
      + extract(minute FROM date_trunc('hour', now(), i.site_tz) AT TIME ZONE 'UTC')
      * interval '1 minute' AS first
  FROM fleet_contract.contract_info i
  CROSS JOIN generate_series(
    (now() AT TIME ZONE 'UTC')::date - date '1970-01-01' - 400,
    (now() AT TIME ZONE 'UTC')::date - date '1970-01-01' + 1) AS d (n)) AS days;

-- What an hour's rows without a version add to its fingerprint: hashes of their texts. Apart, since
-- who has versions need not plan for every column of every view.
CREATE OR REPLACE FUNCTION fleet_contract.unversioned_rows(hour_begins timestamptz)
RETURNS numeric LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN (
    WITH s AS MATERIALIZED (
      SELECT study_ref, hashint8extended(CASE WHEN row_version IS NULL
        THEN hashtextextended(study::text, 0::bigint) END, row_id) AS v
      FROM fleet_contract.study
      WHERE received_at >= hour_begins AND received_at < hour_begins + interval '1 hour'),
    p AS MATERIALIZED (
      SELECT p.attempt_ref, p.v
      FROM s CROSS JOIN LATERAL (
        SELECT t.attempt_ref, hashint8extended(CASE WHEN row_version IS NULL
          THEN hashtextextended(t::text, 0::bigint) END, row_id) AS v
        FROM fleet_contract.processing t WHERE t.study_ref = s.study_ref OFFSET 0) AS p)
    SELECT coalesce(sum(v), 0)
    FROM (
      SELECT v FROM s
      UNION ALL SELECT v FROM p
      UNION ALL SELECT r.v
      FROM p CROSS JOIN LATERAL (
        SELECT hashint8extended(CASE WHEN row_version IS NULL
          THEN hashtextextended(t::text, 0::bigint) END, row_id) AS v
        FROM fleet_contract.prediction t WHERE t.attempt_ref = p.attempt_ref OFFSET 0) AS r
      UNION ALL SELECT hashint8extended(CASE WHEN row_version IS NULL
        THEN hashtextextended(input_rejection::text, 0::bigint) END, row_id)
      FROM fleet_contract.input_rejection
      WHERE rejected_at >= hour_begins AND rejected_at < hour_begins + interval '1 hour'
    ) AS versions);
END $$;

-- Count and order-independent hash of all row versions that an hour's counts depend on, for each
-- of so many hours. Eight hours asked at once take three fifths of eight questions.
CREATE OR REPLACE FUNCTION fleet_contract.fingerprints_of_hours(first_hour timestamptz, n_hours int)
RETURNS TABLE (hour timestamptz, n int, fingerprint bigint)
LANGUAGE plpgsql STABLE ROWS 8
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH s AS MATERIALIZED (
    SELECT study_ref, hashint8extended(row_version, row_id) AS v,
      floor(date_part('epoch', received_at - first_hour) / 3600::float8)::int AS place
    FROM fleet_contract.study
    WHERE received_at >= first_hour
      AND received_at < first_hour + n_hours::float8 * interval '1 hour'),
  p AS MATERIALIZED (
    SELECT s.place, p.attempt_ref, p.v
    FROM s CROSS JOIN LATERAL (
      SELECT t.attempt_ref, hashint8extended(row_version, row_id) AS v
      FROM fleet_contract.processing t WHERE t.study_ref = s.study_ref OFFSET 0) AS p),
  hashed AS (
    SELECT place, count(*) AS n, mod(coalesce(sum(v), 0) + count(*)::numeric
      + CASE WHEN count(v) = count(*) THEN 0 ELSE fleet_contract.unversioned_rows(
        first_hour + place::float8 * interval '1 hour') END,
      9223372036854775807::numeric)::bigint AS fingerprint
    FROM (
      SELECT place, v FROM s
      UNION ALL SELECT place, v FROM p
      UNION ALL SELECT p.place, r.v
      FROM p CROSS JOIN LATERAL (
        SELECT hashint8extended(row_version, row_id) AS v
        FROM fleet_contract.prediction t WHERE t.attempt_ref = p.attempt_ref OFFSET 0) AS r
      UNION ALL SELECT floor(date_part('epoch', rejected_at - first_hour) / 3600::float8)::int,
        hashint8extended(row_version, row_id)
      FROM fleet_contract.input_rejection
      WHERE rejected_at >= first_hour
        AND rejected_at < first_hour + n_hours::float8 * interval '1 hour'
    ) AS versions
    GROUP BY place)
  SELECT first_hour + place::float8 * interval '1 hour', coalesce(n, 0)::int,
    coalesce(fingerprint, 0)
  FROM generate_series(0, n_hours - 1) AS every (place) LEFT JOIN hashed USING (place);
END $$;

CREATE OR REPLACE VIEW fleet_contract.hour_fingerprint AS
SELECT h.region_code, h.utc_day, h.hour, f.n, f.fingerprint
FROM fleet_contract.hour_series h
CROSS JOIN LATERAL fleet_contract.fingerprints_of_hours(h.hour, 1) AS f;

-- Who the region is, its clock, its zone and the shape of its contract. The columns are looked up
-- view by view: the planner would read all columns of the database.
CREATE OR REPLACE FUNCTION fleet_contract.facts_of_region()
RETURNS TABLE (region_code text, major int, minor int, site_tz text, provides text[],
  region_now timestamptz, server_version int, utc_offset_s float8, columns_hash text,
  latest_received_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT i.region_code, i.major, i.minor, i.site_tz, coalesce(i.provides, '{}') AS provides,
    clock_timestamp() AS region_now, current_setting('server_version_num')::int AS server_version,
    extract(epoch FROM (now() AT TIME ZONE i.site_tz) - (now() AT TIME ZONE 'UTC'))::float8
      AS utc_offset_s,
    (SELECT sum((
         SELECT sum(hashnameextended(c.relname, hashnameextended(a.attname,
           hashoidextended(a.atttypid, a.atttypmod::bigint))))
         FROM pg_attribute a WHERE a.attrelid = c.oid))::text
     FROM pg_class c WHERE c.relnamespace = 'fleet_contract'::regnamespace::oid) AS columns_hash,
    (SELECT max(received_at) FROM fleet_contract.study
     WHERE received_at BETWEEN timestamptz '2000-01-01 00:00Z' AND now() + interval '24 hours')
      AS latest_received_at
  FROM fleet_contract.contract_info i;
END $$;

CREATE OR REPLACE VIEW fleet_contract.region_facts AS
SELECT region_code, major, minor, site_tz, provides, region_now, server_version, utc_offset_s,
  columns_hash COLLATE "C" AS columns_hash, latest_received_at
FROM fleet_contract.facts_of_region();

-- One row an hour. flow: answers by pipeline (p), version (v), modality (m): n expected, d done,
-- f failed, r rejected, q pending, u of unknown status, b by fallback, x done without a valid
-- latency, l latency and w wait histograms. outputs: scores by model (m), version (v), class (c),
-- node (g): n scored, p positive, x invalid, d distinct, e in the largest group of equal scores,
-- o objects. causes: kind (k), reason (r), detail (d), n. An answer is a study and pipeline, judged
-- by its last attempt. Beyond 64 flows or causes and 256 outputs an hour the rare ones are folded
-- into "(other)" and counted in n_capped; its d is the sum of theirs. More than 1000 objects in one
-- answer count as 1000.
CREATE OR REPLACE FUNCTION fleet_contract.counts_of_hour(hour_begins timestamptz)
RETURNS TABLE (n_received int, n_filtered int, n_capped int, flow json, outputs json, causes json)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH s AS MATERIALIZED (
    SELECT study_ref, received_at, left(coalesce(modality, ''), 16) AS modality
    FROM fleet_contract.study
    WHERE received_at >= hour_begins AND received_at < hour_begins + interval '1 hour'),
  attempts AS MATERIALIZED (
    SELECT DISTINCT ON (s.study_ref, p.pipeline_code)
      s.modality AS m, p.attempt_ref,
      left(coalesce(p.pipeline_code, ''), 64) AS p,
      left(coalesce(p.pipeline_version, ''), 64) AS v,
      left(coalesce(p.device_ref, ''), 64) AS node,
      CASE WHEN p.row_id IS NULL OR p.status IN ('queued', 'running') THEN 'pending'
           WHEN p.status IN ('failed', 'timeout', 'cancelled') THEN 'failed'
           WHEN p.status IN ('done', 'rejected') THEN p.status
           ELSE 'unknown' END AS outcome,
      CASE WHEN p.status = 'done' AND p.fallback_kind <> 'none'
           THEN left(p.fallback_kind, 64) END AS fallback_kind,
      left(coalesce(p.fallback_reason, ''), 64) AS fallback_reason,
      left(coalesce(p.error_class, ''), 64) AS error_class,
      left(coalesce(p.error_side, ''), 64) AS error_side,
      CASE WHEN p.status = 'done' AND coalesce(p.delivered_at, p.ended_at)
                BETWEEN s.received_at AND s.received_at + interval '400 days'
           THEN extract(epoch FROM coalesce(p.delivered_at, p.ended_at) - s.received_at)::float8
      END AS latency_s,
      CASE WHEN p.queued_at BETWEEN s.received_at - interval '400 days'
                                AND s.received_at + interval '400 days'
                AND p.started_at BETWEEN p.queued_at AND p.queued_at + interval '400 days'
           THEN extract(epoch FROM p.started_at - p.queued_at)::float8 END AS wait_s
    FROM s LEFT JOIN LATERAL (
      SELECT row_id, attempt_ref, attempt_no, pipeline_code, pipeline_version, queued_at,
        started_at, ended_at, delivered_at, status, error_class, error_side, device_ref,
        fallback_kind, fallback_reason
      FROM fleet_contract.processing t WHERE t.study_ref = s.study_ref OFFSET 0) AS p
      ON true
    ORDER BY s.study_ref, p.pipeline_code, p.attempt_no DESC NULLS LAST, p.row_id DESC),
  binned AS (
    SELECT p, v, m, l, w, count(*) AS n,
      count(*) FILTER (WHERE outcome = 'done') AS d,
      count(*) FILTER (WHERE outcome = 'failed') AS f,
      count(*) FILTER (WHERE outcome = 'rejected') AS r,
      count(*) FILTER (WHERE outcome = 'pending') AS q,
      count(*) FILTER (WHERE outcome = 'unknown') AS u,
      count(fallback_kind) AS b,
      count(*) FILTER (WHERE outcome = 'done' AND l IS NULL) AS x
    FROM (
      SELECT p, v, m, outcome, fallback_kind,
        CASE WHEN latency_s IS NOT NULL THEN least(127, greatest(0,
          floor(log(greatest(latency_s, 0.001) * 100::float8) * 25.6::float8)))::int END AS l,
        CASE WHEN wait_s IS NOT NULL THEN least(127, greatest(0,
          floor(log(greatest(wait_s, 0.001) * 100::float8) * 25.6::float8)))::int END AS w
      FROM attempts) AS a
    GROUP BY GROUPING SETS ((p, v, m), (p, v, m, l), (p, v, m, w))),
  -- max, since a whole is never smaller than its bins; and only the rows of bins have l or w.
  flows AS MATERIALIZED (
    SELECT p, v, m, max(n) AS n, max(d) AS d, max(f) AS f, max(r) AS r, max(q) AS q, max(u) AS u,
      max(b) AS b, max(x) AS x, string_agg(l::text || ':' || n::text, ' ') AS l,
      string_agg(w::text || ':' || n::text, ' ') AS w,
      row_number() OVER (ORDER BY max(n) DESC, p, v, m) AS place
    FROM binned GROUP BY 1, 2, 3),
  flow AS (
    SELECT CASE WHEN place <= 64 THEN p ELSE '(other)' END AS p,
      CASE WHEN place <= 64 THEN v ELSE '(other)' END AS v,
      CASE WHEN place <= 64 THEN m ELSE '(other)' END AS m,
      sum(n) AS n, sum(d) AS d, nullif(sum(f), 0::numeric) AS f, nullif(sum(r), 0::numeric) AS r,
      nullif(sum(q), 0::numeric) AS q, nullif(sum(u), 0::numeric) AS u,
      nullif(sum(b), 0::numeric) AS b, nullif(sum(x), 0::numeric) AS x,
      string_agg(l, ' ') AS l, string_agg(w, ' ') AS w
    FROM flows GROUP BY 1, 2, 3),
  -- Here and in the next step what differs most comes first: a sort looks no further.
  scored AS (
    SELECT CASE WHEN r.score > '-Infinity' AND r.score < 'Infinity' THEN r.score END AS score,
      left(coalesce(r.model_code, ''), 64) AS m, left(coalesce(r.model_version, ''), 64) AS v,
      left(coalesce(r.class_code, ''), 64) AS c, a.node AS g, count(*)::int AS n,
      (count(*) FILTER (WHERE r.is_positive))::int AS p,
      sum(least(greatest(r.n_objects, 0), 1000)) AS o
    FROM attempts a CROSS JOIN LATERAL (
      SELECT model_code, model_version, class_code, score, is_positive, n_objects
      FROM fleet_contract.prediction t WHERE t.attempt_ref = a.attempt_ref OFFSET 0) AS r
    WHERE a.outcome = 'done'
    GROUP BY 1, 2, 3, 4, 5),
  sources AS MATERIALIZED (
    SELECT m, v, c, g, sum(n) AS n, sum(p) AS p, sum(n) FILTER (WHERE score IS NULL) AS x,
      count(score) AS d, max(n) FILTER (WHERE score IS NOT NULL) AS e, sum(o)::bigint AS o,
      row_number() OVER (ORDER BY sum(n) DESC, m, v, c, g) AS place
    FROM scored GROUP BY c, g, m, v),
  outputs AS (
    SELECT CASE WHEN place <= 256 THEN m ELSE '(other)' END AS m,
      CASE WHEN place <= 256 THEN v ELSE '(other)' END AS v,
      CASE WHEN place <= 256 THEN c ELSE '(other)' END AS c,
      CASE WHEN place <= 256 THEN g ELSE '(other)' END AS g,
      sum(n) AS n, nullif(sum(p), 0::numeric) AS p, sum(x) AS x,
      nullif(sum(d), 0::numeric) AS d, max(e) AS e, nullif(sum(o), 0::numeric) AS o
    FROM sources GROUP BY 1, 2, 3, 4),
  refused AS MATERIALIZED (
    SELECT left(coalesce(stage, ''), 64) AS stage, left(coalesce(reason_code, ''), 64) AS reason
    FROM fleet_contract.input_rejection
    WHERE rejected_at >= hour_begins AND rejected_at < hour_begins + interval '1 hour'),
  all_causes AS MATERIALIZED (
    SELECT k, r, d, count(*) AS n, row_number() OVER (ORDER BY count(*) DESC, k, r, d) AS place
    FROM (
      SELECT outcome AS k, error_class AS r, error_side AS d
      FROM attempts WHERE outcome IN ('failed', 'rejected')
      UNION ALL SELECT 'rejected', reason, stage FROM refused
      UNION ALL SELECT 'fallback', fallback_kind, fallback_reason
      FROM attempts WHERE fallback_kind IS NOT NULL) AS c
    GROUP BY 1, 2, 3),
  causes AS (
    SELECT k, CASE WHEN place <= 64 THEN r ELSE '(other)' END AS r,
      CASE WHEN place <= 64 THEN d ELSE '(other)' END AS d, sum(n) AS n
    FROM all_causes GROUP BY 1, 2, 3)
  SELECT
    (SELECT count(*) FROM s)::int AS n_received,
    (SELECT count(*) FROM refused)::int AS n_filtered,
    (greatest(0, (SELECT max(place) FROM flows) - 64)
      + greatest(0, (SELECT max(place) FROM sources) - 256)
      + greatest(0, (SELECT max(place) FROM all_causes) - 64))::int AS n_capped,
    (SELECT json_strip_nulls(json_agg(entry)) FROM flow AS entry) AS flow,
    (SELECT json_strip_nulls(json_agg(entry)) FROM outputs AS entry) AS outputs,
    (SELECT json_strip_nulls(json_agg(entry)) FROM causes AS entry) AS causes;
END $$;

CREATE OR REPLACE VIEW fleet_contract.hourly AS
SELECT h.region_code, h.utc_day, h.hour, f.*
FROM fleet_contract.hour_series h
CROSS JOIN LATERAL fleet_contract.counts_of_hour(h.hour) AS f;

-- All that a collection asks, in one question, since each costs round trips: the facts in a row
-- without an hour; and the hours, so many from the first. Who says that a version is known spares
-- the region from counting that hour: a condition on a column holds before the functions beside it
-- make rows. They stand among the columns since a new session would plan a join for each, and look
-- up how to remember its answers.
CREATE OR REPLACE VIEW fleet_contract.hour_check AS
SELECT region_code, utc_day, (f).hour, (f).n, (f).fingerprint, NULL::int AS major,
  NULL::int AS minor, NULL::text AS site_tz, NULL::text[] AS provides,
  NULL::timestamptz AS region_now, NULL::int AS server_version, NULL::float8 AS utc_offset_s,
  NULL::text AS columns_hash, NULL::timestamptz AS latest_received_at, version,
  (c).n_received, (c).n_filtered, (c).n_capped, (c).flow, (c).outputs, (c).causes,
  first_hour, n_hours
FROM (
  SELECT region_code, utc_day, first_hour, n_hours, f,
    extract(epoch FROM (f).hour)::bigint || ' ' || (f).fingerprint AS version,
    fleet_contract.counts_of_hour((f).hour) AS c
  FROM (
    SELECT h.region_code, h.utc_day, h.hour AS first_hour, w.n_hours,
      fleet_contract.fingerprints_of_hours(h.hour, w.n_hours) AS f
    FROM fleet_contract.hour_series h
    CROSS JOIN generate_series(1, 168) AS w (n_hours)) AS asked) AS counted
UNION ALL
SELECT region_code, NULL, NULL, NULL, NULL, major, minor, site_tz, provides, region_now,
  server_version, utc_offset_s, columns_hash COLLATE "C", latest_received_at, NULL, NULL, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL
FROM fleet_contract.facts_of_region();

-- One row a local day: what must be compared between days, by the day, so that no group of fewer
-- than a handful of patients an hour ever travels. inputs: attribute (a), device model (d), n,
-- histogram (h). categories: attribute (a), device model (d), value (v), n. scores: model (m),
-- version (v), class (c), node (g): n scored, p positive, x invalid, o objects, score histogram
-- (h), histogram of the largest object's size over 0 to 124 mm (s). Caps: 32 device models, 64
-- values of an attribute, 1024 combinations of attribute, device model and value, 256 outputs.
CREATE OR REPLACE FUNCTION fleet_contract.profile_of_day(local_day date, zone text)
RETURNS TABLE (n_capped int, inputs json, categories json, scores json)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH s AS MATERIALIZED (
    SELECT t.*, left(concat_ws(' ', manufacturer, model_name), 64) AS full_model
    FROM fleet_contract.study t
    WHERE received_at >= (local_day::timestamp AT TIME ZONE zone) - interval '3 hours'
      AND received_at < ((local_day + interval '1 day') AT TIME ZONE zone) + interval '3 hours'
      AND (received_at AT TIME ZONE zone)::date = local_day),
  sized AS (
    SELECT s.*, count(*) OVER (PARTITION BY full_model) AS size FROM s),
  placed AS (
    SELECT z.*, dense_rank() OVER (ORDER BY size DESC, full_model) AS place FROM sized z),
  studies AS MATERIALIZED (
    SELECT p.*, CASE WHEN place <= 32 THEN full_model ELSE '(other)' END AS device_model
    FROM placed p),
  input_bins AS (
    SELECT a, device_model AS d,
      CASE WHEN value = high THEN 62 ELSE width_bucket(value, low, high, 62) END AS bin,
      count(*) AS c
    FROM studies CROSS JOIN LATERAL (VALUES
      ('n_images', n_images::float8), ('image_rows', image_rows), ('image_cols', image_cols),
      ('pixel_spacing_mm', pixel_spacing_mm), ('bits_stored', bits_stored), ('kvp', kvp),
      ('exposure_uas', exposure_uas), ('exposure_index', exposure_index),
      ('deviation_index', deviation_index),
      ('body_part_thickness_mm', body_part_thickness_mm),
      ('compression_force_n', compression_force_n), ('patient_age_years', patient_age_years)
    ) AS v (a, value)
    JOIN fleet_contract.input_range r ON r.attribute = a
    WHERE value > '-Infinity' AND value < 'Infinity'
    GROUP BY 1, 2, 3),
  inputs AS (
    SELECT a, d, sum(c) AS n, string_agg(bin || ':' || c, ' ' ORDER BY bin) AS h
    FROM input_bins GROUP BY 1, 2),
  "values" AS (
    SELECT a, device_model AS d, left(coalesce(value, ''), 64) AS v, count(*) AS n
    FROM studies CROSS JOIN LATERAL (VALUES
      ('modality', modality), ('body_part', body_part), ('org_code', org_code),
      ('device_software', device_software), ('detector_type', detector_type),
      ('photometric', photometric), ('presentation_intent', presentation_intent),
      ('patient_sex', patient_sex::text),
      ('view_positions', array_to_string(view_positions, ' ')),
      ('lateralities', array_to_string(lateralities, ' '))
    ) AS c (a, value)
    GROUP BY 1, 2, 3),
  sized_values AS (
    SELECT a, d, v, n, sum(n) OVER (PARTITION BY a, v) AS size FROM "values"),
  placed_values AS MATERIALIZED (
    SELECT a, d, v, n, rank() OVER (ORDER BY n DESC, a, d, v) AS place,
      dense_rank() OVER (PARTITION BY a ORDER BY size DESC, v) AS value_place
    FROM sized_values),
  categories AS (
    SELECT a, d, CASE WHEN value_place <= 64 AND place <= 1024 THEN v ELSE '(other)' END AS v,
      sum(n) AS n
    FROM placed_values GROUP BY 1, 2, 3),
  attempts AS MATERIALIZED (
    SELECT DISTINCT ON (s.study_ref, p.pipeline_code) p.attempt_ref, p.status,
      left(coalesce(p.device_ref, ''), 64) AS node
    FROM s CROSS JOIN LATERAL (
      SELECT * FROM fleet_contract.processing t WHERE t.study_ref = s.study_ref OFFSET 0) AS p
    ORDER BY s.study_ref, p.pipeline_code, p.attempt_no DESC NULLS LAST, p.row_id DESC),
  scored AS (
    SELECT left(coalesce(r.model_code, ''), 64) AS m, left(coalesce(r.model_version, ''), 64) AS v,
      left(coalesce(r.class_code, ''), 64) AS c, a.node AS g,
      CASE WHEN r.score = 1 THEN 62
           WHEN r.score > '-Infinity' AND r.score < 'Infinity'
           THEN width_bucket(r.score, 0, 1, 62) END AS score_bin,
      CASE WHEN r.max_object_mm = 124 THEN 62
           WHEN r.max_object_mm > '-Infinity' AND r.max_object_mm < 'Infinity'
           THEN width_bucket(r.max_object_mm, 0, 124, 62) END AS size_bin,
      r.is_positive, least(greatest(r.n_objects, 0), 1000) AS n_objects
    FROM attempts a CROSS JOIN LATERAL (
      SELECT * FROM fleet_contract.prediction t WHERE t.attempt_ref = a.attempt_ref OFFSET 0) AS r
    WHERE a.status = 'done'),
  sized_outputs AS (
    SELECT s.*, count(*) OVER (PARTITION BY m, v, c, g) AS size FROM scored s),
  placed_outputs AS MATERIALIZED (
    SELECT z.*, dense_rank() OVER (ORDER BY size DESC, m, v, c, g) AS place FROM sized_outputs z),
  kept AS MATERIALIZED (
    SELECT score_bin, size_bin, is_positive, n_objects,
      CASE WHEN place > 256 THEN '(other)' ELSE m END AS m,
      CASE WHEN place > 256 THEN '(other)' ELSE v END AS v,
      CASE WHEN place > 256 THEN '(other)' ELSE c END AS c,
      CASE WHEN place > 256 THEN '(other)' ELSE g END AS g
    FROM placed_outputs),
  score_histograms AS (
    SELECT m, v, c, g, string_agg(score_bin || ':' || n, ' ' ORDER BY score_bin) AS h
    FROM (SELECT m, v, c, g, score_bin, count(*) AS n FROM kept
          WHERE score_bin IS NOT NULL GROUP BY 1, 2, 3, 4, 5) AS bins
    GROUP BY 1, 2, 3, 4),
  size_histograms AS (
    SELECT m, v, c, g, string_agg(size_bin || ':' || n, ' ' ORDER BY size_bin) AS s
    FROM (SELECT m, v, c, g, size_bin, count(*) AS n FROM kept
          WHERE size_bin IS NOT NULL GROUP BY 1, 2, 3, 4, 5) AS bins
    GROUP BY 1, 2, 3, 4),
  scores AS (
    SELECT m, v, c, g, count(*) AS n, nullif(count(*) FILTER (WHERE is_positive), 0) AS p,
      nullif(count(*) FILTER (WHERE score_bin IS NULL), 0) AS x,
      nullif(sum(n_objects), 0) AS o
    FROM kept GROUP BY 1, 2, 3, 4)
  SELECT
    (greatest(0, (SELECT max(place) FROM studies) - 32)
      + (SELECT count(*) FROM placed_values WHERE value_place > 64 OR place > 1024)
      + greatest(0, (SELECT max(place) FROM placed_outputs) - 256))::int AS n_capped,
    (SELECT json_strip_nulls(json_agg(entry)) FROM inputs AS entry) AS inputs,
    (SELECT json_strip_nulls(json_agg(entry)) FROM categories AS entry) AS categories,
    (SELECT json_strip_nulls(json_agg(entry)) FROM (
      SELECT * FROM scores LEFT JOIN score_histograms USING (m, v, c, g)
      LEFT JOIN size_histograms USING (m, v, c, g)) AS entry) AS scores;
END $$;

CREATE OR REPLACE VIEW fleet_contract.daily_profile AS
SELECT i.region_code, d.day::date AS day, f.*
FROM fleet_contract.contract_info i
CROSS JOIN LATERAL generate_series(
  date_trunc('day', now() AT TIME ZONE i.site_tz) - interval '400 days',
  date_trunc('day', now() AT TIME ZONE i.site_tz) + interval '1 day',
  interval '1 day') AS d (day)
CROSS JOIN LATERAL fleet_contract.profile_of_day(d.day::date, i.site_tz) AS f;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA fleet_contract TO PUBLIC;
