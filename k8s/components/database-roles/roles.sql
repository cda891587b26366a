-- One role a service. Run by the owner of the database, as often as one likes; passwords come from the environment.
-- Rows may be read and written; the schema may not be altered.
\getenv dispatcher DISPATCHER_PASSWORD
\getenv parser PARSER_PASSWORD
\getenv api API_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY['dispatcher', 'parser', 'api']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE dispatcher PASSWORD :'dispatcher';
ALTER ROLE parser PASSWORD :'parser';
ALTER ROLE api PASSWORD :'api';

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO dispatcher, parser, api;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO dispatcher, parser, api;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO dispatcher, parser, api;
-- and for the tables that `harvestman migrate` will make, as this user
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO dispatcher, parser, api;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO dispatcher, parser, api;
