-- What the center's database holds beside Django's tables. Applied by a migration.
CREATE SCHEMA fleet;

CREATE VIEW fleet.union_coverage AS
SELECT r.code AS region_code, c.is_included, c.reason, c.since
FROM regions_unioncoverage c JOIN regions_region r ON r.id = c.region_id;
