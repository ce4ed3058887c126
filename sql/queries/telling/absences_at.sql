-- Who is away at a moment.
SELECT absence_id, account_id, substitute_id, from_at, until_at
FROM dg_workflow_absences
WHERE tenant_id = $1 AND from_at <= $2 AND until_at > $2
ORDER BY account_id, from_at
