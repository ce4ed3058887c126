-- What a review asked for, newest first.
SELECT tenant_id, job_id, batch_id, projection_name, mode, status, failure_id, reason, requested_by, requested_roles, request_id,
       metadata_json, requested_at, started_at, finished_at, since_log_seq, until_log_seq, target_log_seq, processed_events,
       last_log_seq, events_per_second, phase, attempt, owner, error_code, error_message, result_json
FROM dg_projection_runs
WHERE tenant_id = $1 AND workflow_id = $2
ORDER BY requested_at DESC
LIMIT $3
