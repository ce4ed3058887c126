UPDATE dg_projection_failures
SET status = 'resolved', resolved_at = now(), resolved_by = $4, job_id = $3
WHERE tenant_id = $1 AND failure_id = $2 AND status IN ('open', 'quarantined')
