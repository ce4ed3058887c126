-- The first time that anybody looks at a tenant's items.
INSERT INTO dg_workflow_runtime (tenant_id)
VALUES ($1)
ON CONFLICT (tenant_id) DO NOTHING
