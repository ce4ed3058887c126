-- What a trace's projections lack.
SELECT projection_name, log_seq, event_id, status
FROM dg_projection_failures
WHERE tenant_id = $1 AND trace_id = $2 AND status IN ('open', 'quarantined')
ORDER BY log_seq, projection_name
