SELECT projection_name, log_seq
FROM dg_projection_failures
WHERE tenant_id = $1 AND status = 'quarantined'
