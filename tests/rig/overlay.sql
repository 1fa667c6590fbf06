-- The contract laid over the native tables; {code} and {tz} are replaced by literals.
CREATE OR REPLACE VIEW fleet_contract.contract_info AS SELECT
  1 AS major, 0 AS minor, {code} AS region_code, {code} AS site_code, clock_timestamp() AS db_now,
  {tz} AS site_tz, ARRAY['study', 'processing', 'prediction', 'input_rejection'] AS provides,
  'rig'::text AS source_system, '1'::text AS source_version;
CREATE OR REPLACE VIEW fleet_contract.study AS
  SELECT {code} AS region_code, n.*, n.xmin::text::bigint AS row_version FROM study_native n;
CREATE OR REPLACE VIEW fleet_contract.processing AS
  SELECT {code} AS region_code, n.*, n.xmin::text::bigint AS row_version FROM attempt_native n;
CREATE OR REPLACE VIEW fleet_contract.prediction AS
  SELECT {code} AS region_code, n.*, n.xmin::text::bigint AS row_version FROM prediction_native n;
CREATE OR REPLACE VIEW fleet_contract.input_rejection AS
  SELECT {code} AS region_code, n.*, n.xmin::text::bigint AS row_version FROM rejection_native n;
