-- What the center's database holds beside Django's tables. Applied by a migration.
CREATE SCHEMA fleet;

-- Return the dense histogram, `bins` long, of the contract's sparse form "bin:count bin:count".
-- Raises invalid_parameter_value for a bin outside 0..bins-1.
CREATE FUNCTION fleet.dense_histogram(sparse text, bins int) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  dense int[] := array_fill(0, ARRAY[bins]);
  pair text;
  bin int;
BEGIN
  IF sparse IS NULL THEN RETURN dense; END IF;
  FOREACH pair IN ARRAY string_to_array(sparse, ' ') LOOP
    bin := split_part(pair, ':', 1)::int;
    IF bin < 0 OR bin >= bins THEN
      RAISE invalid_parameter_value USING MESSAGE = format('bin %s of %s', bin, bins);
    END IF;
    dense[bin + 1] := split_part(pair, ':', 2)::int;
  END LOOP;
  RETURN dense;
END $$;

CREATE VIEW fleet.union_coverage AS
SELECT r.code AS region_code, c.is_included, c.reason, c.since
FROM regions_unioncoverage c JOIN regions_region r ON r.id = c.region_id;
