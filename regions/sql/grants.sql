-- What each role may do at the center. Run by fleet_admin after every migrate; repeating is safe.
GRANT USAGE ON SCHEMA public, fleet, fleet_contract TO fleet_collect, fleet_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO fleet_collect, fleet_web;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO fleet_collect, fleet_web;
GRANT SELECT ON ALL TABLES IN SCHEMA fleet_contract TO fleet_collect;

-- Web requests read what was collected; they never write it.
REVOKE INSERT, UPDATE, DELETE ON
  regions_hourlyrollup, regions_hourlyflow, regions_hourlyoutput, regions_hourlycause,
  regions_dailyrollup, regions_dailyscore, regions_dailyinput, regions_dailycategory,
  regions_collection, regions_regionstatus, regions_tunnelstate, regions_unioncoverage
FROM fleet_web;
-- An access path is configuration: when a person deletes it, what refers to it must let go.
GRANT UPDATE (path_id) ON regions_collection, regions_regionstatus TO fleet_web;
GRANT DELETE ON regions_tunnelstate TO fleet_web;

-- The audit trail only grows, whoever writes it.
REVOKE UPDATE, DELETE ON people_auditevent, exports_exportevent FROM fleet_web, fleet_collect;
-- What people signed and noted stays as it was; a sign-off can only be ended.
REVOKE UPDATE, DELETE ON review_signoff, review_signedreason, review_signedalert, review_note
FROM fleet_web, fleet_collect;
GRANT UPDATE (undone_at, undone_by_id) ON review_signoff TO fleet_web, fleet_collect;
-- What was found, what happened to an alert, and what was taken for normal stays as it was.
REVOKE UPDATE, DELETE ON alerts_finding, alerts_difference, alerts_movedshare, alerts_alertevent,
  alerts_newnormal
FROM fleet_web, fleet_collect;

-- The list of studies reads foreign tables, to which regions/foreign_server.py admits it, and
-- nothing that was collected.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM fleet_studies;

-- The union views become the collecting role's, see regions/union.py.
GRANT CREATE ON SCHEMA fleet TO fleet_collect;
GRANT USAGE ON SCHEMA fleet TO fleet_adhoc;
GRANT SELECT ON fleet.union_coverage TO fleet_adhoc;
