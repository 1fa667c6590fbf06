-- The native database of a sham vendor, shape "tables": normalised, moments with a zone, states as
-- numbers. The vendor's program already writes a pseudonym for each study (case_token).
CREATE TABLE devices (
  device_id int PRIMARY KEY,
  serial text NOT NULL,
  vendor text NOT NULL,
  model text NOT NULL,
  software text,
  detector text
);

CREATE TABLE nodes (
  node_id int PRIMARY KEY,
  hostname text NOT NULL,
  gpu text,
  driver text,
  os text
);

CREATE TABLE studies (
  study_id bigserial PRIMARY KEY,
  study_uid text NOT NULL UNIQUE,
  case_token text NOT NULL UNIQUE,
  came_at timestamptz NOT NULL,
  acquired_at timestamptz,
  modality text,
  body_part text,
  views text[],
  sides text[],
  n_series int,
  n_images int,
  bytes bigint,
  clinic text,
  device_id int,
  image_rows int,
  image_cols int,
  spacing_mm float8,
  photometric text,
  intent text,
  bits int,
  kvp float8,
  exposure_uas float8,
  exposure_index float8,
  deviation_index float8,
  thickness_mm float8,
  compression_n float8,
  age smallint,
  sex char(1),
  changed_at timestamptz NOT NULL
);

CREATE TABLE tasks (
  task_id bigserial PRIMARY KEY,
  study_id bigint NOT NULL,
  service text NOT NULL,
  service_version text NOT NULL,
  attempt smallint NOT NULL,
  state smallint NOT NULL,      -- 0 queued 1 running 2 ok 3 error 4 refused 5 timeout 6 cancelled
  queued_at timestamptz NOT NULL,
  fetch_started_at timestamptz,
  fetch_ended_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  sent_at timestamptz,
  error_code text,
  error_text text,
  node_id int,
  fallback smallint NOT NULL DEFAULT 0,   -- 0 none 1 cpu 2 smaller image
  fallback_reason text,
  scale float8,
  peak_mb float8,
  changed_at timestamptz NOT NULL,
  UNIQUE (study_id, service, attempt)
);

CREATE TABLE findings (
  finding_id bigserial PRIMARY KEY,
  task_id bigint NOT NULL,
  model_version text NOT NULL,
  label text NOT NULL,
  side char(1) NOT NULL DEFAULT '',
  prob float8 NOT NULL,
  threshold float8 NOT NULL,
  n_boxes int NOT NULL,
  largest_mm float8,
  created_at timestamptz NOT NULL,
  UNIQUE (task_id, label, side)
);

CREATE TABLE rejected (
  reject_id bigserial PRIMARY KEY,
  at timestamptz NOT NULL,
  stage text NOT NULL,
  reason text NOT NULL,
  filter_version text,
  score float8,
  modality text,
  device_id int
);

CREATE TABLE node_checks (
  check_id bigserial PRIMARY KEY,
  node_id int NOT NULL,
  at timestamptz NOT NULL,
  disk_free_pct float8 NOT NULL,
  ok boolean NOT NULL
);
CREATE INDEX node_checks_by_at ON node_checks (at);
