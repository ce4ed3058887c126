SELECT projection_name, log_seq, trace_id, event_id, status
FROM dg_projection_failures
WHERE tenant_id = $1 AND failure_id = $2
