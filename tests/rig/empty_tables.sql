-- Empty the center's tables but those that `migrate` fills. To truncate them all takes a hundred
-- times as long, because most are empty and each has files of its own.
CREATE FUNCTION empty_tables() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
-- In whatever order: foreign keys are not checked.
SET session_replication_role = replica
AS $$
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
  FOREACH one IN ARRAY tables LOOP
    EXECUTE format('DELETE FROM %s', one);
  END LOOP;
END
$$;
