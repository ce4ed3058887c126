-- What waits for a person, oldest event first.
SELECT tenant_id, failure_id, projection_name, log_seq, trace_id, event_id, category, error_code, error_message, status, attempts,
       first_seen_at, last_seen_at, quarantined_at, quarantined_by, quarantine_reason, resolved_at, resolved_by, job_id
FROM dg_projection_failures
WHERE tenant_id = $1 AND status = 'open'
ORDER BY log_seq, projection_name
LIMIT $2
