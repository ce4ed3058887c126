-- How far the items of a tenant are in its log.
SELECT last_log_seq FROM dg_workflow_runtime WHERE tenant_id = $1
