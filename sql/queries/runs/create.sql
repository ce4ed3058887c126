-- One run per tenant, where none that touches the same projections is under way. A catch-up also wakes the projections that
-- rest after an error; their rows are locked in the order in which writers lock them.
WITH created AS (
    INSERT INTO dg_projection_runs (tenant_id, job_id, batch_id, projection_name, mode, reason, requested_by, requested_roles,
        request_id, metadata_json, until_log_seq, workflow_id)
    SELECT asked.tenant_id, asked.job_id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
    FROM unnest($1::text[], $2::uuid[]) AS asked(tenant_id, job_id)
    ON CONFLICT DO NOTHING
    RETURNING tenant_id, job_id, batch_id, projection_name, mode, status, failure_id, reason, requested_by, requested_roles, request_id,
       metadata_json, requested_at, started_at, finished_at, since_log_seq, until_log_seq, target_log_seq, processed_events,
       last_log_seq, events_per_second, phase, attempt, owner, error_code, error_message, result_json
), resting AS (
    SELECT cursor.tenant_id, cursor.projection_name
    FROM created
    JOIN dg_projection_cursors cursor
        ON cursor.tenant_id = created.tenant_id AND created.projection_name IN ('all', cursor.projection_name)
    WHERE created.mode = 'catch_up' AND (cursor.state = 'failed' OR cursor.next_retry_at IS NOT NULL)
    ORDER BY cursor.tenant_id, cursor.projection_name
    FOR UPDATE OF cursor
), woken AS (
    UPDATE dg_projection_cursors cursor
    SET retries_asked = cursor.retries_asked + 1
    FROM resting
    WHERE cursor.tenant_id = resting.tenant_id AND cursor.projection_name = resting.projection_name
)
SELECT tenant_id, job_id, batch_id, projection_name, mode, status, failure_id, reason, requested_by, requested_roles, request_id,
       metadata_json, requested_at, started_at, finished_at, since_log_seq, until_log_seq, target_log_seq, processed_events,
       last_log_seq, events_per_second, phase, attempt, owner, error_code, error_message, result_json
FROM created
