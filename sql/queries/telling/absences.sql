-- Absences of an account, or of all, that are not over, or all of them; the earliest first.
SELECT absence_id, account_id, substitute_id, from_at, until_at, reason, created_at, updated_at, updated_by
FROM dg_workflow_absences
WHERE tenant_id = $1
  AND ($2::text IS NULL OR account_id = $2)
  AND ($3 OR until_at > now())
ORDER BY from_at, absence_id
LIMIT $4
