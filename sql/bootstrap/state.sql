-- What a fresh installation needs and what is there already.
SELECT current_user::text AS connected_as,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
       current_setting('server_version_num')::int AS version_num,
       ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY ($2::text[])) AS roles,
       ARRAY(SELECT rolname::text
             FROM pg_roles
             WHERE rolname = ANY ($2::text[]) AND pg_has_role(current_user, oid, CASE
                   WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET'
                   ELSE 'MEMBER'
               END)) AS memberships,
       pg_database.datname IS NOT NULL AS database_exists,
       pg_get_userbyid(pg_database.datdba)::text AS database_owner,
       pg_encoding_to_char(pg_database.encoding)::text AS encoding
FROM (VALUES (1)) AS always
LEFT JOIN pg_database ON pg_database.datname = $1
