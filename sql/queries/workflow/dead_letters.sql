-- Events that were set aside, the newest first.
SELECT log_seq, event_id, event_type, error_code, error_message, attempts, first_seen_at, resolved_at, resolved_by, resolution
FROM dg_workflow_dead_letters
WHERE tenant_id = $1
  AND ($2 OR resolved_at IS NULL)
  AND ($3::bigint IS NULL OR log_seq < $3)
ORDER BY log_seq DESC
LIMIT $4
