-- An event that the fold could not take.
INSERT INTO dg_workflow_dead_letters (tenant_id, log_seq, event_id, event_type, error_code, error_message)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, log_seq) DO UPDATE
SET attempts = dg_workflow_dead_letters.attempts + 1,
    error_code = excluded.error_code,
    error_message = excluded.error_message
