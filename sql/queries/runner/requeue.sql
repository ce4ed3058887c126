UPDATE dg_projection_runs
SET status = 'queued', updated_at = now()
WHERE tenant_id = $1 AND job_id = $2 AND claim = $3 AND status = 'running'
