-- Empty the center's tables but those that `migrate` fills. To truncate them all takes a hundred
-- times as long, because most are empty and each has files of its own.
CREATE FUNCTION empty_tables() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  tables regclass[] := ARRAY(
    SELECT c.oid FROM pg_class AS c WHERE c.relkind = 'r'
    AND c.relnamespace = 'public'::regnamespace
    AND c.relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    ORDER BY c.oid);
  one regclass;
BEGIN
  -- Await those who still write: what they commit later would stay.
  EXECUTE 'LOCK TABLE ' || array_to_string(tables, ', ') || ' IN SHARE ROW EXCLUSIVE MODE';
  IF (SELECT sum(pg_relation_size(t)) FROM unnest(tables) AS t) > 16 * 1024 * 1024 THEN
    EXECUTE 'TRUNCATE ' || array_to_string(tables, ', ');
    RETURN;
  END IF;
  -- In whatever order: foreign keys are not checked. Not as a setting of the function, which a
  -- backup would hold and only a superuser could restore.
  PERFORM set_config('session_replication_role', 'replica', true);
  FOREACH one IN ARRAY tables LOOP
    EXECUTE format('DELETE FROM %s', one);
  END LOOP;
  PERFORM set_config('session_replication_role', 'origin', true);
END
$$;
