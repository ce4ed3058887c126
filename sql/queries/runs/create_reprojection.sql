-- A run that projects one event after all, if the event still stands as asked.
INSERT INTO dg_projection_runs (tenant_id, job_id, projection_name, mode, failure_id, reason, requested_by, requested_roles,
    request_id, metadata_json)
SELECT failure.tenant_id, $3, failure.projection_name, 'reproject', failure.failure_id, $5, $6, $7, $8, $9
FROM dg_projection_failures failure
WHERE failure.tenant_id = $1 AND failure.failure_id = $2 AND failure.status = $4
ON CONFLICT DO NOTHING
RETURNING tenant_id, job_id, batch_id, projection_name, mode, status, failure_id, reason, requested_by, requested_roles, request_id,
       metadata_json, requested_at, started_at, finished_at, since_log_seq, until_log_seq, target_log_seq, processed_events,
       last_log_seq, events_per_second, phase, attempt, owner, error_code, error_message, result_json
