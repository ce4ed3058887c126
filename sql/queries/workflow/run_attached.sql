UPDATE dg_projection_runs SET attached_at = clock_timestamp() WHERE tenant_id = $1 AND job_id = $2
