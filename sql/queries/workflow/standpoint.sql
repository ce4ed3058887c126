-- Up to where a tenant's items were told about its log.
SELECT runtime.last_log_seq, tenant.is_demo
FROM dg_workflow_runtime AS runtime
JOIN dg_tenants AS tenant ON tenant.tenant_id = runtime.tenant_id
WHERE runtime.tenant_id = $1
