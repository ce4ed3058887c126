-- Newest first, after the failure at ($5, $6).
SELECT tenant_id, failure_id, projection_name, log_seq, trace_id, event_id, category, error_code, error_message, status, attempts,
       first_seen_at, last_seen_at, quarantined_at, quarantined_by, quarantine_reason, resolved_at, resolved_by, job_id
FROM dg_projection_failures
WHERE tenant_id = $1
  AND ($2::text IS NULL OR status = $2)
  AND ($3::text IS NULL OR projection_name = $3)
  AND ($4::text IS NULL OR trace_id = $4)
  AND (first_seen_at, failure_id)
      < (coalesce($5::timestamptz, 'infinity'), coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
ORDER BY first_seen_at DESC, failure_id DESC
LIMIT $7
