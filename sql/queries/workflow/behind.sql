-- Whether a tenant's items have not been told everything that is in its log.
SELECT head.last_log_seq > coalesce(runtime.last_log_seq, 0)
FROM dg_tenant_heads AS head
LEFT JOIN dg_workflow_runtime AS runtime ON runtime.tenant_id = head.tenant_id
WHERE head.tenant_id = $1
