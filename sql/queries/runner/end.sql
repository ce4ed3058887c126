UPDATE dg_projection_runs
SET status = $4, finished_at = now(), phase = '', error_code = $5, error_message = $6, result_json = $7,
    updated_at = now()
WHERE tenant_id = $1 AND job_id = $2 AND claim = $3 AND status = ANY ($8)
RETURNING job_id
