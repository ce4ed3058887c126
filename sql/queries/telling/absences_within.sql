-- Other absences with a moment in common with a time.
SELECT absence_id, account_id, substitute_id, from_at, until_at
FROM dg_workflow_absences
WHERE tenant_id = $1 AND absence_id <> $2 AND from_at < $4 AND until_at > $3
ORDER BY account_id, from_at
