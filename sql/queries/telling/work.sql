SELECT tenant_id
FROM dg_workflow_telling_work
ORDER BY tenant_id
