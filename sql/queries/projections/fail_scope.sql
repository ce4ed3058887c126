-- The scope cannot go on, or cannot for now; the first time stays known. Nothing is said for a scope that was taken meanwhile.
UPDATE dg_projection_cursors AS cursor
SET state = $4, error_category = $5, error_code = $6, error_message = $7,
    error_since = coalesce(cursor.error_since, now()), retry_count = cursor.retry_count + 1, next_retry_at = $8
FROM unnest($2::text[], $3::bigint[]) AS held (projection_name, epoch)
WHERE cursor.tenant_id = $1 AND cursor.projection_name = held.projection_name
  AND (held.epoch IS NULL OR cursor.epoch = held.epoch)
