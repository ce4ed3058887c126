-- The generation that was built becomes the live one. Whoever wrote the old one is fenced off by the epoch.
UPDATE dg_projection_cursors AS cursor
SET generation = cursor.generation + 1,
    slot = build.slot,
    last_log_seq = build.last_log_seq,
    epoch = cursor.epoch + 1,
    state = 'live',
    row_digest = build.row_digest,
    row_count = build.row_count,
    error_category = NULL, error_code = NULL, error_message = NULL, error_since = NULL, retry_count = 0,
    next_retry_at = NULL, drift_since = NULL,
    updated_at = now()
FROM dg_projection_builds build
WHERE cursor.tenant_id = $1
  AND cursor.projection_name = ANY ($2)
  AND build.tenant_id = cursor.tenant_id
  AND build.projection_name = cursor.projection_name
  AND build.job_id = $3
  AND build.state = 'building'
RETURNING cursor.generation
