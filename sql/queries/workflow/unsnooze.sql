DELETE FROM dg_workflow_snoozes
WHERE tenant_id = $1 AND workflow_key = $2 AND account_id = $3
