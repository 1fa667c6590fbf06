-- The list of studies, read live from one region as fleet_studies. {schema} is its foreign schema,
-- {value} and {wanted} are those of an order; the other words in braces are fragments below.

-- All of this travels to the region and is computed there: the day, the joins, the groups, the
-- filters and the order. The limit travels only where the planner expects more rows than that; it
-- never fetches more than the tables' fetch_size. What PostgreSQL ships is narrow (no DISTINCT ON,
-- window, lateral, COALESCE, timestamptz + interval), hence an answer is what array_agg puts first:
-- the attempt with the highest number, and of its predictions the one with the highest score.
-- Texts are cut in the region, where one may have a megabyte.
-- name: answers
SELECT s.row_id AS study_id, {first_attempt} AS attempt_id, {value} AS value,
  s.received_at, min(left(s.study_ref, 200)) AS study_ref, min(left(s.modality, 16)) AS modality,
  min(left(s.manufacturer, 64)) AS manufacturer, min(left(s.model_name, 64)) AS model_name,
  left(p.pipeline_code, 64) AS pipeline_code,
  {words}[1:1] AS words, {times}[1:1] AS times, {numbers}[1:1] AS numbers
FROM {schema}.study s
LEFT JOIN {schema}.processing p ON p.study_ref = s.study_ref
LEFT JOIN {schema}.prediction r ON r.attempt_ref = p.attempt_ref
  AND r.score > '-Infinity' AND r.score < 'Infinity'
  AND (%(class_code)s::text = '' OR r.class_code = %(class_code)s::text)
  AND (%(model_code)s::text = '' OR r.model_code = %(model_code)s::text)
WHERE s.received_at >= %(starts_at)s AND s.received_at < %(ends_at)s
GROUP BY s.row_id, s.received_at, left(p.pipeline_code, 64)
HAVING {wanted} AND (
  %(after_study)s::bigint IS NULL
  OR {value} < %(after_value)s
  OR {value} = %(after_value)s AND s.row_id < %(after_study)s
  OR {value} = %(after_value)s AND s.row_id = %(after_study)s AND {first_attempt} < %(after_attempt)s)
ORDER BY {value} DESC, s.row_id DESC, {first_attempt} DESC
LIMIT %(n)s;

-- name: first_attempt
CASE WHEN min(p.row_id) IS NULL THEN 0 ELSE min(p.row_id) END

-- name: last
p.attempt_no DESC NULLS LAST, p.row_id DESC, r.score DESC NULLS LAST, r.row_id DESC

-- name: words
(array_agg(ARRAY[left(p.status, 64), left(p.error_class, 64), left(p.error_side, 64),
  left(p.pipeline_version, 64), left(p.device_ref, 64), left(p.fallback_kind, 64),
  left(r.model_code, 64), left(r.class_code, 64), left(r.laterality, 16)] ORDER BY {last}))

-- name: times
(array_agg(ARRAY[p.queued_at, p.started_at, p.ended_at, p.delivered_at] ORDER BY {last}))

-- name: numbers
(array_agg(ARRAY[p.attempt_no::float8, r.score,
  CASE WHEN r.is_positive THEN 1::float8 ELSE 0::float8 END] ORDER BY {last}))

-- name: received_at
s.received_at

-- name: latency
(CASE WHEN {times}[1][4] IS NULL THEN {times}[1][3] ELSE {times}[1][4] END - s.received_at)

-- name: score
{numbers}[1][2]

-- name: all
(%(class_code)s::text = '' AND %(model_code)s::text = ''
  OR {words}[1][1] = 'done' AND {numbers}[1][2] IS NOT NULL)

-- name: failed
{words}[1][1] IN ('failed', 'timeout', 'cancelled')

-- name: timed
{words}[1][1] = 'done' AND {latency} >= interval '0' AND {latency} <= interval '400 days'
  AND (%(class_code)s::text = '' AND %(model_code)s::text = '' OR {numbers}[1][2] IS NOT NULL)

-- name: scored
{words}[1][1] = 'done' AND {numbers}[1][2] IS NOT NULL
