-- Compare-and-set: only what is open can be accepted.
UPDATE dg_projection_failures
SET status = 'quarantined', quarantined_at = now(), quarantined_by = $3, quarantine_reason = $4
WHERE tenant_id = $1 AND failure_id = $2 AND status = 'open'
RETURNING tenant_id, failure_id, projection_name, log_seq, trace_id, event_id, category, error_code, error_message, status, attempts,
       first_seen_at, last_seen_at, quarantined_at, quarantined_by, quarantine_reason, resolved_at, resolved_by, job_id
