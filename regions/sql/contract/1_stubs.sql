-- Fleet region contract, version 1.0. Step 1 of 3: typed, empty views.
-- The region overlays its own tables with CREATE OR REPLACE VIEW; PostgreSQL refuses a column that
-- is missing or of another type. New columns are added at the end only. docs/contract.md explains
-- every column, unit and vocabulary.
CREATE SCHEMA IF NOT EXISTS fleet_contract;

CREATE VIEW fleet_contract.contract_info AS SELECT
  1::int AS major, 0::int AS minor, NULL::text AS region_code, NULL::text AS site_code,
  clock_timestamp() AS db_now, NULL::text AS site_tz, ARRAY[]::text[] AS provides,
  NULL::text AS source_system, NULL::text AS source_version
WHERE false;

CREATE VIEW fleet_contract.study AS SELECT
  NULL::text AS region_code, NULL::bigint AS row_id, NULL::timestamptz AS updated_at,
  NULL::text AS study_ref, NULL::text AS study_uid,
  NULL::timestamptz AS received_at, NULL::timestamptz AS acquired_at,
  NULL::text AS modality, NULL::text AS body_part,
  NULL::text[] AS view_positions, NULL::text[] AS lateralities,
  NULL::int AS n_series, NULL::int AS n_images, NULL::bigint AS size_bytes,
  NULL::text AS org_code, NULL::text AS device_ref, NULL::text AS manufacturer,
  NULL::text AS model_name, NULL::text AS device_software, NULL::text AS detector_type,
  NULL::int AS image_rows, NULL::int AS image_cols, NULL::float8 AS pixel_spacing_mm,
  NULL::text AS photometric, NULL::text AS presentation_intent, NULL::int AS bits_stored,
  NULL::float8 AS kvp, NULL::float8 AS exposure_uas, NULL::float8 AS exposure_index,
  NULL::float8 AS deviation_index, NULL::float8 AS body_part_thickness_mm,
  NULL::float8 AS compression_force_n, NULL::smallint AS patient_age_years,
  NULL::char(1) AS patient_sex, NULL::text AS storage_status,
  NULL::timestamptz AS available_until, NULL::jsonb AS extra, NULL::bigint AS row_version
WHERE false;

CREATE VIEW fleet_contract.processing AS SELECT
  NULL::text AS region_code, NULL::bigint AS row_id, NULL::timestamptz AS updated_at,
  NULL::text AS attempt_ref, NULL::text AS study_ref, NULL::int AS attempt_no,
  NULL::text AS pipeline_code, NULL::text AS pipeline_version, NULL::text AS image_digest,
  NULL::text AS weights_sha256,
  NULL::timestamptz AS queued_at, NULL::timestamptz AS download_started_at,
  NULL::timestamptz AS download_ended_at, NULL::timestamptz AS started_at,
  NULL::timestamptz AS ended_at, NULL::timestamptz AS delivered_at,
  NULL::text AS status, NULL::text AS error_class, NULL::text AS error_side,
  NULL::text AS error_text, NULL::text AS device_kind, NULL::text AS device_ref,
  NULL::text AS fallback_kind, NULL::text AS fallback_reason, NULL::float8 AS input_scale,
  NULL::float8 AS peak_mem_mb, NULL::jsonb AS extra, NULL::bigint AS row_version
WHERE false;

CREATE VIEW fleet_contract.processing_step AS SELECT
  NULL::text AS region_code, NULL::bigint AS row_id, NULL::timestamptz AS updated_at,
  NULL::text AS attempt_ref, NULL::int AS step_no, NULL::text AS step_code,
  NULL::timestamptz AS started_at, NULL::float8 AS handle_ms, NULL::float8 AS transfer_ms,
  NULL::float8 AS batch_wait_ms, NULL::int AS batch_size, NULL::int AS queue_len,
  NULL::text AS status
WHERE false;

CREATE VIEW fleet_contract.prediction AS SELECT
  NULL::text AS region_code, NULL::bigint AS row_id, NULL::timestamptz AS updated_at,
  NULL::text AS attempt_ref, NULL::text AS study_ref, NULL::text AS model_code,
  NULL::text AS model_version, NULL::text AS class_code, NULL::text AS laterality,
  NULL::float8 AS score, NULL::text AS score_kind, NULL::float8 AS threshold,
  NULL::boolean AS is_positive, NULL::int AS n_objects, NULL::float8 AS max_object_mm,
  NULL::timestamptz AS created_at, NULL::bigint AS row_version
WHERE false;

CREATE VIEW fleet_contract.input_rejection AS SELECT
  NULL::text AS region_code, NULL::bigint AS row_id, NULL::timestamptz AS updated_at,
  NULL::text AS study_ref, NULL::timestamptz AS rejected_at, NULL::text AS stage,
  NULL::text AS reason_code, NULL::text AS filter_version, NULL::float8 AS score,
  NULL::text AS modality, NULL::text AS device_ref, NULL::bigint AS row_version
WHERE false;

CREATE VIEW fleet_contract.health_check AS SELECT
  NULL::text AS region_code, NULL::bigint AS row_id, NULL::timestamptz AS updated_at,
  NULL::timestamptz AS checked_at, NULL::text AS kind, NULL::text AS target,
  NULL::text AS outcome, NULL::float8 AS latency_ms, NULL::float8 AS value,
  NULL::text AS unit, NULL::jsonb AS details
WHERE false;

CREATE VIEW fleet_contract.inventory AS SELECT
  NULL::text AS region_code, NULL::bigint AS row_id, NULL::timestamptz AS updated_at,
  NULL::timestamptz AS observed_at, NULL::text AS host_ref, NULL::text AS kind,
  NULL::text AS name, NULL::text AS version, NULL::text AS value, NULL::jsonb AS details
WHERE false;

CREATE VIEW fleet_contract.event_log AS SELECT
  NULL::text AS region_code, NULL::bigint AS row_id, NULL::timestamptz AS updated_at,
  NULL::timestamptz AS at, NULL::text AS severity, NULL::text AS source, NULL::text AS code,
  NULL::text AS fingerprint, NULL::int AS occurrences, NULL::text AS message_scrubbed
WHERE false;
