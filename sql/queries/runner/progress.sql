-- Also tells whether the run is still this runner's and wanted: no row means that it is not.
UPDATE dg_projection_runs
SET processed_events = $4, last_log_seq = $5, target_log_seq = $6, events_per_second = $7, phase = $8, updated_at = now()
WHERE tenant_id = $1 AND job_id = $2 AND claim = $3 AND status = 'running'
RETURNING job_id
