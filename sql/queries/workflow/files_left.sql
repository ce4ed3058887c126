-- Tenants with files that nobody named in time.
SELECT tenant_id
FROM dg_workflow_files_left
ORDER BY tenant_id
