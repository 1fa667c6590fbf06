-- The contract over the shape "tables". Code and zone arrive as quoted literals.
--
-- row_version is xmin where one native row stands behind the contract's row. A study also shows its
-- scanner's row and an attempt its node's, which change on their own; there it is NULL, and the
-- contract hashes what the row says.
CREATE INDEX studies_by_came_at ON studies (came_at);
CREATE INDEX rejected_by_at ON rejected (at);
-- Attempts are named by their number written as text: predictions are sought by the same expression.
CREATE INDEX findings_by_attempt_ref ON findings ((task_id::text));
ANALYZE studies, rejected, findings;

CREATE OR REPLACE VIEW fleet_contract.contract_info AS SELECT
  1 AS major, 0 AS minor, {code}::text AS region_code, 'main'::text AS site_code,
  clock_timestamp() AS db_now, {zone}::text AS site_tz,
  ARRAY['study', 'processing', 'prediction', 'input_rejection', 'health_check',
        'inventory']::text[] AS provides,
  'tables'::text AS source_system, '3.1.4'::text AS source_version;

CREATE OR REPLACE VIEW fleet_contract.study AS SELECT
  {code}::text AS region_code, s.study_id AS row_id, s.changed_at AS updated_at,
  s.case_token AS study_ref, s.study_uid, s.came_at AS received_at, s.acquired_at,
  s.modality, s.body_part, s.views AS view_positions, s.sides AS lateralities, s.n_series,
  s.n_images, s.bytes AS size_bytes, s.clinic AS org_code, d.serial AS device_ref,
  d.vendor AS manufacturer, d.model AS model_name, d.software AS device_software,
  d.detector AS detector_type, s.image_rows, s.image_cols, s.spacing_mm AS pixel_spacing_mm,
  s.photometric, s.intent AS presentation_intent, s.bits AS bits_stored, s.kvp, s.exposure_uas,
  s.exposure_index, s.deviation_index, s.thickness_mm AS body_part_thickness_mm,
  s.compression_n AS compression_force_n, least(s.age, 89::smallint) AS patient_age_years,
  s.sex AS patient_sex, 'unknown'::text AS storage_status,
  s.came_at + interval '2 days' AS available_until,
  NULL::jsonb AS extra, NULL::bigint AS row_version
FROM studies s LEFT JOIN devices d USING (device_id);

CREATE OR REPLACE VIEW fleet_contract.processing AS SELECT
  {code}::text AS region_code, t.task_id AS row_id, t.changed_at AS updated_at,
  t.task_id::text AS attempt_ref, s.case_token AS study_ref, t.attempt::int AS attempt_no,
  t.service AS pipeline_code, t.service_version AS pipeline_version, NULL::text AS image_digest,
  NULL::text AS weights_sha256, t.queued_at, t.fetch_started_at AS download_started_at,
  t.fetch_ended_at AS download_ended_at, t.started_at, t.ended_at, t.sent_at AS delivered_at,
  CASE t.state WHEN 0 THEN 'queued' WHEN 1 THEN 'running' WHEN 2 THEN 'done' WHEN 3 THEN 'failed'
    WHEN 4 THEN 'rejected' WHEN 5 THEN 'timeout' WHEN 6 THEN 'cancelled'
    ELSE 'state ' || t.state END AS status,
  t.error_code AS error_class,
  CASE WHEN t.error_code IN ('oom', 'timeout', 'crash') THEN 'service'
       WHEN t.error_code IN ('server_unavailable', 'delivery') THEN 'link'
       WHEN t.error_code IS NOT NULL THEN 'source' END AS error_side,
  -- Free text may hold names and paths; it stays here.
  NULL::text AS error_text,
  CASE t.fallback WHEN 1 THEN 'cpu' ELSE 'cuda' END AS device_kind, n.hostname AS device_ref,
  CASE t.fallback WHEN 0 THEN 'none' WHEN 1 THEN 'cpu' WHEN 2 THEN 'resize' END AS fallback_kind,
  t.fallback_reason, t.scale AS input_scale, t.peak_mb AS peak_mem_mb, NULL::jsonb AS extra,
  NULL::bigint AS row_version
FROM tasks t JOIN studies s USING (study_id) LEFT JOIN nodes n USING (node_id);

CREATE OR REPLACE VIEW fleet_contract.prediction AS SELECT
  {code}::text AS region_code, f.finding_id AS row_id, f.created_at AS updated_at,
  f.task_id::text AS attempt_ref, s.case_token AS study_ref, t.service AS model_code,
  f.model_version, f.label AS class_code, f.side::text AS laterality, f.prob AS score,
  'probability'::text AS score_kind, f.threshold, f.prob >= f.threshold AS is_positive,
  f.n_boxes AS n_objects, f.largest_mm AS max_object_mm, f.created_at,
  f.xmin::text::bigint AS row_version
FROM findings f
-- LEFT, although each finding has its task and study, so that the planner may leave out what a
-- question does not ask for.
LEFT JOIN tasks t USING (task_id) LEFT JOIN studies s USING (study_id);

CREATE OR REPLACE VIEW fleet_contract.input_rejection AS SELECT
  {code}::text AS region_code, r.reject_id AS row_id, r.at AS updated_at, NULL::text AS study_ref,
  r.at AS rejected_at, r.stage, r.reason AS reason_code, r.filter_version, r.score, r.modality,
  d.serial AS device_ref, NULL::bigint AS row_version
FROM rejected r LEFT JOIN devices d USING (device_id);

CREATE OR REPLACE VIEW fleet_contract.health_check AS SELECT
  {code}::text AS region_code, c.check_id AS row_id, c.at AS updated_at, c.at AS checked_at,
  'disk'::text AS kind, n.hostname AS target,
  CASE WHEN c.ok THEN 'ok' ELSE 'failed' END AS outcome, NULL::float8 AS latency_ms,
  c.disk_free_pct AS value, '%'::text AS unit, NULL::jsonb AS details
FROM node_checks c JOIN nodes n USING (node_id);

CREATE OR REPLACE VIEW fleet_contract.inventory AS SELECT
  {code}::text AS region_code, n.node_id * 10 + f.place AS row_id,
  NULL::timestamptz AS updated_at, now() AS observed_at, n.hostname AS host_ref, f.kind, f.name,
  f.version, NULL::text AS value, NULL::jsonb AS details
FROM nodes n CROSS JOIN LATERAL (VALUES
  (1::bigint, 'os'::text, n.os, NULL::text), (2, 'gpu', n.gpu, NULL),
  (3, 'driver', 'nvidia', n.driver)) AS f (place, kind, name, version);
