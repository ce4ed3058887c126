-- No row when the run is not this runner's any more, or not wanted.
SELECT job_id FROM dg_projection_runs WHERE tenant_id = $1 AND job_id = $2 AND claim = $3 AND status = 'running'
