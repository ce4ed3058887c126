SELECT status, claim FROM dg_projection_runs WHERE tenant_id = $1 AND job_id = $2
