-- Where the items of a tenant stand, locked until the transaction ends. Who appends locks the head of the log before.
SELECT runtime.last_log_seq, tenant.is_demo, tenant.secret_guard, clock_timestamp() AS now
FROM dg_workflow_runtime AS runtime
JOIN dg_tenants AS tenant ON tenant.tenant_id = runtime.tenant_id
WHERE runtime.tenant_id = $1
FOR UPDATE OF runtime
