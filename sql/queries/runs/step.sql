-- Compare-and-set. The way is looked up for the status that the row has once it is locked.
UPDATE dg_projection_runs run
SET (status, finished_at) = (
        SELECT way.to_status, CASE WHEN way.ended THEN now() END
        FROM unnest($3::text[], $4::text[], $5::boolean[]) AS way(from_status, to_status, ended)
        WHERE way.from_status = run.status
    ),
    updated_at = now()
WHERE tenant_id = $1 AND job_id = $2 AND status = ANY ($3)
RETURNING tenant_id, job_id, batch_id, projection_name, mode, status, failure_id, reason, requested_by, requested_roles, request_id,
       metadata_json, requested_at, started_at, finished_at, since_log_seq, until_log_seq, target_log_seq, processed_events,
       last_log_seq, events_per_second, phase, attempt, owner, error_code, error_message, result_json
