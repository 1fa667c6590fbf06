-- Run once by a superuser in Fleet's database, before the first `manage.py migrate`.
-- None of the five roles is a superuser. Set each one's password with \password.
CREATE ROLE fleet_admin LOGIN;
CREATE ROLE fleet_collect LOGIN;
CREATE ROLE fleet_web LOGIN CONNECTION LIMIT 100;
-- Ad-hoc SQL over the union views: read only, short, and few at a time, because every session of
-- it opens a connection into each region that it asks.
CREATE ROLE fleet_adhoc LOGIN CONNECTION LIMIT 2;
ALTER ROLE fleet_adhoc SET default_transaction_read_only = on;
ALTER ROLE fleet_adhoc SET statement_timeout = '30s';
ALTER ROLE fleet_adhoc SET idle_session_timeout = '2min';
-- The web process's way into one region at a time, for the list of studies: read only, 5 s, and so
-- few at a time that most of its threads stay free for other pages while a region is mute.
CREATE ROLE fleet_studies LOGIN CONNECTION LIMIT 4;
ALTER ROLE fleet_studies SET default_transaction_read_only = on;
ALTER ROLE fleet_studies SET statement_timeout = '5s';
ALTER ROLE fleet_studies SET idle_session_timeout = '30s';
ALTER ROLE fleet_studies SET idle_in_transaction_session_timeout = '10s';

-- The administering role hands the union views to the collecting role, whose user mappings they
-- need, and replaces them afterwards.
GRANT fleet_collect TO fleet_admin;

CREATE EXTENSION IF NOT EXISTS postgres_fdw;
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO fleet_admin;
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I OWNER TO fleet_admin', current_database());
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format(
    'GRANT CONNECT ON DATABASE %I TO fleet_collect, fleet_web, fleet_adhoc, fleet_studies',
    current_database());
END $$;
ALTER SCHEMA public OWNER TO fleet_admin;
