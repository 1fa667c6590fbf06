-- What `check_region` asks the region's database, as the reader.

-- name: rights
SELECT rolsuper AS is_super,
  rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS is_mighty,
  has_database_privilege(current_database(), 'CREATE') AS may_create_schemas,
  has_schema_privilege('fleet_contract', 'CREATE') AS may_create_views,
  current_setting('default_transaction_read_only')::boolean AS is_read_only
FROM pg_roles WHERE rolname = current_user;

-- The first table or view, of any schema, into which the reader may write.
-- name: writable
SELECT format('%%I.%%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
ORDER BY 1 LIMIT 1;

-- Where PostgreSQL never counted a table's rows they are guessed from its size.
-- name: table_rows
SELECT CASE WHEN c.reltuples >= 0 THEN c.reltuples ELSE pg_relation_size(c.oid) / 100 END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s;

-- The rows of an hour as the contract's functions look them up, whose plans cannot be seen from
-- outside. As there, the hour is not known when the plan is made.
-- name: plan_of_an_hour
EXPLAIN (VERBOSE, FORMAT JSON)
WITH this AS MATERIALIZED (
  SELECT date_trunc('hour', now(), i.site_tz) AS hour FROM fleet_contract.contract_info i)
SELECT s::text, p.row, r.row
FROM fleet_contract.study s
CROSS JOIN LATERAL (
  SELECT t.attempt_ref, t::text AS row
  FROM fleet_contract.processing t WHERE t.study_ref = s.study_ref OFFSET 0) AS p
CROSS JOIN LATERAL (
  SELECT t::text AS row
  FROM fleet_contract.prediction t WHERE t.attempt_ref = p.attempt_ref OFFSET 0) AS r
WHERE s.received_at >= (SELECT hour FROM this)
  AND s.received_at < (SELECT hour + interval '1 hour' FROM this)
UNION ALL
SELECT t::text, NULL, NULL FROM fleet_contract.input_rejection t
WHERE t.rejected_at >= (SELECT hour FROM this)
  AND t.rejected_at < (SELECT hour + interval '1 hour' FROM this);

-- name: busiest_hour
SELECT hour, n FROM fleet_contract.hour_fingerprint
WHERE hour <= now() AND hour > (
  SELECT date_trunc('hour', now(), i.site_tz) - interval '72 hours'
  FROM fleet_contract.contract_info i)
ORDER BY n DESC, hour DESC LIMIT 1;

-- name: one_hour
SELECT * FROM fleet_contract.hourly WHERE hour = %(hour)s;
