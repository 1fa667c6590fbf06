-- Fleet region contract, version 1.0. Step 3 of 3: the role with which the center reads.
-- It sees the contract's views and nothing behind them. Its password follows as what PostgreSQL
-- keeps of one, or is set afterwards with \password: it stands in no file. The limits protect the
-- region from accidents; the missing rights protect it from intent.
CREATE ROLE {reader} LOGIN CONNECTION LIMIT 8;
ALTER ROLE {reader} SET default_transaction_read_only = on;
ALTER ROLE {reader} SET statement_timeout = '60s';
-- Hours are small; compiling their queries costs more than running them.
ALTER ROLE {reader} SET jit = off;
ALTER ROLE {reader} SET idle_in_transaction_session_timeout = '60s';
-- A line that is cut leaves no connection behind that counts against the limit for hours.
ALTER ROLE {reader} SET tcp_keepalives_idle = 60;
ALTER ROLE {reader} SET tcp_keepalives_interval = 10;
ALTER ROLE {reader} SET tcp_keepalives_count = 3;
ALTER ROLE {reader} SET search_path = fleet_contract;
REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {reader};
GRANT USAGE ON SCHEMA fleet_contract TO {reader};
GRANT SELECT ON ALL TABLES IN SCHEMA fleet_contract TO {reader};
