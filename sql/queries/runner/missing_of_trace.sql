-- What a projection does not hold of a trace, but for one event.
SELECT log_seq
FROM dg_projection_failures
WHERE tenant_id = $1 AND projection_name = $2 AND trace_id = $3 AND status IN ('open', 'quarantined') AND failure_id <> $4
