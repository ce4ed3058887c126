-- The scope cannot go on, or cannot for now; the first time stays known.
UPDATE dg_projection_cursors
SET state = $3, error_category = $4, error_code = $5, error_message = $6,
    error_since = coalesce(error_since, now()), retry_count = retry_count + 1, next_retry_at = $7
WHERE tenant_id = $1 AND projection_name = ANY ($2) AND epoch = $8
