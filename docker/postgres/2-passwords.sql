-- Run by the image once, after roles.sql, when the data folder is empty. The passwords come from
-- the secrets' files and stand in no command line.
\set admin_password `cat /run/secrets/admin_password`
\set collect_password `cat /run/secrets/collect_password`
\set web_password `cat /run/secrets/web_password`
\set adhoc_password `cat /run/secrets/adhoc_password`
\set studies_password `cat /run/secrets/studies_password`
ALTER ROLE fleet_admin PASSWORD :'admin_password';
ALTER ROLE fleet_collect PASSWORD :'collect_password';
ALTER ROLE fleet_web PASSWORD :'web_password';
ALTER ROLE fleet_adhoc PASSWORD :'adhoc_password';
ALTER ROLE fleet_studies PASSWORD :'studies_password';
