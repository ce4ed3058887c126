-- Newest first, after the digest at ($3, $4).
SELECT digest_id, projection_name, generation, last_log_seq, digest_value, row_digest, kept_row_digest, row_count,
       skipped_events, computed_at, computed_by, source, job_id, duration_ms
FROM dg_projection_digest_history
WHERE tenant_id = $1
  AND ($2::text IS NULL OR projection_name = $2)
  AND (computed_at, digest_id)
      < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
ORDER BY computed_at DESC, digest_id DESC
LIMIT $5
