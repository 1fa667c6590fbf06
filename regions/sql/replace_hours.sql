-- The hours' buckets, and what follows from them. Applied by a migration; repeating is safe.

-- Return the dense histogram, `bins` long, of the contract's sparse form "bin:count bin:count";
-- what names a bin twice counts both. Raises invalid_parameter_value for a bin outside 0..bins-1.
CREATE OR REPLACE FUNCTION fleet.dense_histogram(sparse text, bins int) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  dense int[] := array_fill(0, ARRAY[bins]);
  pair text;
  bin int;
BEGIN
  IF sparse IS NULL THEN RETURN dense; END IF;
  FOREACH pair IN ARRAY string_to_array(sparse, ' ') LOOP
    bin := split_part(pair, ':', 1)::int;
    IF bin < 0 OR bin >= bins THEN
      RAISE invalid_parameter_value USING MESSAGE = format('bin %s of %s', bin, bins);
    END IF;
    dense[bin + 1] := dense[bin + 1] + split_part(pair, ':', 2)::int;
  END LOOP;
  RETURN dense;
END $$;

-- Replace the buckets of these hours, make their days again, and return the days from `first_day`
-- to `last_day` whose profile was made of other rows; today's only when it is older than
-- `profiled_before`. The arrays are parallel, one entry an hour: its fingerprint and its counts as
-- the contract's hour_check tells them. One function, so that a session keeps the plans and the
-- collector asks once. Raises where the counts are not what the contract says.
CREATE OR REPLACE FUNCTION fleet.replace_hours(of_region int, zone text, collected timestamptz,
  of_hours timestamptz[], fingerprints bigint[], received int[], filtered int[], capped int[],
  flows text[], outcomes text[], reasons text[], first_day date, last_day date, today date,
  profiled_before timestamptz)
RETURNS SETOF date LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF cardinality(of_hours) > 0 THEN
    WITH flow AS (
      DELETE FROM regions_hourlyflow WHERE region_id = of_region AND hour = ANY (of_hours)),
    outputs AS (
      DELETE FROM regions_hourlyoutput WHERE region_id = of_region AND hour = ANY (of_hours)),
    causes AS (
      DELETE FROM regions_hourlycause WHERE region_id = of_region AND hour = ANY (of_hours))
    DELETE FROM regions_hourlyrollup WHERE region_id = of_region AND hour = ANY (of_hours);

    -- Spread the counts over the four hourly tables. Here and below a quantile is the
    -- share-quantile by nearest rank: the geometric middle of its bin, within 4.6 % of the
    -- observation (10^(1/51.2) - 1) between 10 ms and 1000 s; NULL for an empty histogram.
    WITH fetched AS MATERIALIZED (
      SELECT hour, fingerprint, n_received, n_filtered, n_capped, flow::json, outputs::json,
        causes::json
      FROM unnest(of_hours, fingerprints, received, filtered, capped, flows, outcomes, reasons)
        AS h (hour, fingerprint, n_received, n_filtered, n_capped, flow, outputs, causes)),
    flow AS (
      INSERT INTO regions_hourlyflow (region_id, hour, pipeline_code, pipeline_version, modality,
        n_expected, n_done, n_failed, n_rejected, n_pending, n_unknown, n_fallback, n_bad_latency,
        latency_histogram, wait_histogram)
      SELECT of_region, hour, x.p, x.v, x.m, x.n, x.d, coalesce(x.f, 0), coalesce(x.r, 0),
        coalesce(x.q, 0), coalesce(x.u, 0), coalesce(x.b, 0), coalesce(x.x, 0),
        fleet.dense_histogram(x.l, 128), fleet.dense_histogram(x.w, 128)
      FROM fetched CROSS JOIN LATERAL json_to_recordset(flow) AS x (p text, v text, m text, n int,
        d int, f int, r int, q int, u int, b int, x int, l text, w text)
      RETURNING *),
    outputs AS (
      INSERT INTO regions_hourlyoutput (region_id, hour, model_code, model_version, class_code,
        node, n_scored, n_positive, n_invalid, n_distinct, n_identical, n_objects)
      SELECT of_region, hour, x.m, x.v, x.c, x.g, x.n, coalesce(x.p, 0), coalesce(x.x, 0),
        coalesce(x.d, 0), coalesce(x.e, 0), coalesce(x.o, 0)
      FROM fetched CROSS JOIN LATERAL json_to_recordset(outputs) AS x (m text, v text, c text,
        g text, n int, p int, x int, d int, e int, o int)
      RETURNING hour, n_scored, n_positive),
    causes AS (
      INSERT INTO regions_hourlycause (region_id, hour, kind, reason, detail, n)
      SELECT of_region, hour, x.k, x.r, x.d, x.n
      FROM fetched CROSS JOIN LATERAL json_to_recordset(causes)
        AS x (k text, r text, d text, n int)),
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
      SELECT hour, sum(n_scored) AS n_scored, sum(n_positive) AS n_positive
      FROM outputs GROUP BY hour)
    INSERT INTO regions_hourlyrollup (region_id, hour, day, fingerprint, n_received, n_filtered,
      n_expected, n_done, n_failed, n_rejected, n_pending, n_unknown, n_fallback, n_bad_latency,
      n_scored, n_positive, n_capped, latency_p50_s, latency_p95_s, latency_p99_s, wait_p50_s,
      wait_p95_s, collected_at)
    SELECT of_region, c.hour, (c.hour AT TIME ZONE zone)::date, c.fingerprint, n_received,
      n_filtered, coalesce(n_expected, 0), coalesce(n_done, 0), coalesce(n_failed, 0),
      coalesce(n_rejected, 0), coalesce(n_pending, 0), coalesce(n_unknown, 0),
      coalesce(n_fallback, 0), coalesce(n_bad_latency, 0), coalesce(n_scored, 0),
      coalesce(n_positive, 0), n_capped,
      latency_p50, latency_p95, latency_p99, wait_p50, wait_p95, collected
    FROM fetched c LEFT JOIN answers USING (hour) LEFT JOIN scores USING (hour)
    LEFT JOIN quantiles USING (hour);

    -- Make the day rows again of all their hours.
    WITH hours AS MATERIALIZED (
      SELECT * FROM regions_hourlyrollup WHERE region_id = of_region AND day = ANY (ARRAY(
        SELECT day FROM regions_hourlyrollup
        WHERE region_id = of_region AND hour = ANY (of_hours)))),
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
      n_scored, n_positive, n_capped, latency_histogram, wait_histogram, latency_p50_s,
      latency_p95_s, latency_p99_s, wait_p50_s, wait_p95_s, collected_at)
    SELECT of_region, sums.*, fleet.dense_histogram(latency, 128), fleet.dense_histogram(wait, 128),
      latency_p50, latency_p95, latency_p99, wait_p50, wait_p95, collected
    FROM sums LEFT JOIN histograms USING (day)
    ON CONFLICT (day, region_id) DO UPDATE SET (fingerprint, n_received, n_filtered, n_expected,
      n_done, n_failed, n_rejected, n_pending, n_unknown, n_fallback, n_bad_latency, n_scored,
      n_positive, n_capped, latency_histogram, wait_histogram, latency_p50_s, latency_p95_s,
      latency_p99_s, wait_p50_s, wait_p95_s, collected_at)
    = (excluded.fingerprint, excluded.n_received, excluded.n_filtered, excluded.n_expected,
      excluded.n_done, excluded.n_failed, excluded.n_rejected, excluded.n_pending,
      excluded.n_unknown, excluded.n_fallback, excluded.n_bad_latency, excluded.n_scored,
      excluded.n_positive, excluded.n_capped, excluded.latency_histogram, excluded.wait_histogram,
      excluded.latency_p50_s,
      excluded.latency_p95_s, excluded.latency_p99_s, excluded.wait_p50_s, excluded.wait_p95_s,
      excluded.collected_at);
  END IF;

  RETURN QUERY
    SELECT day FROM regions_dailyrollup
    WHERE region_id = of_region AND day >= first_day AND day <= last_day
      AND profile_fingerprint IS DISTINCT FROM fingerprint
      AND (day < today OR profile_at IS NULL OR profile_at <= profiled_before)
    ORDER BY day;
END $$;
