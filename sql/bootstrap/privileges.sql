-- Whether each role can reach the schema, and the owner can create in it.
SELECT role.name,
       has_database_privilege(role.name, current_database(), 'CONNECT') AS may_connect,
       has_schema_privilege(role.name, 'public', 'USAGE') AS may_use,
       has_schema_privilege(role.name, 'public', 'CREATE') AS may_create
FROM unnest($1::text[]) AS role (name)
ORDER BY role.name
