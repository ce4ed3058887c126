DELETE FROM dg_workflow_actions
WHERE tenant_id = $1
