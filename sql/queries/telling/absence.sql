SELECT absence_id, account_id, substitute_id, from_at, until_at, reason, created_at, updated_at, updated_by
FROM dg_workflow_absences
WHERE tenant_id = $1 AND absence_id = $2
