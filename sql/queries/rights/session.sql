-- What the session works as and what it came as. $1 are the roles of this product: those among them whose rights the session
-- has without another SET ROLE are answered.
SELECT current_user::text AS works_as,
       session_user::text AS came_as,
       worker.rolsuper AS superuser,
       worker.rolbypassrls AS bypasses,
       login.rolsuper OR login.rolbypassrls AS came_mighty,
       ARRAY(SELECT role.rolname::text
             FROM pg_roles AS role
             WHERE role.rolname = ANY ($1::text[]) AND pg_has_role(current_user, role.oid, 'USAGE')
             ORDER BY role.rolname) AS rights_of
FROM pg_roles AS worker
CROSS JOIN pg_roles AS login
WHERE worker.rolname = current_user AND login.rolname = session_user
