-- The rates are averages that forget: what was goes down with the time since, what came now is added.
UPDATE dg_projection_cursors AS cursor
SET last_log_seq = $4,
    row_digest = new.row_digest,
    row_count = new.row_count,
    state = 'live',
    rate_1m = cursor.rate_1m * exp(-elapsed.seconds / 60) + ($4 - cursor.last_log_seq) / 60.0,
    rate_5m = cursor.rate_5m * exp(-elapsed.seconds / 300) + ($4 - cursor.last_log_seq) / 300.0,
    error_category = NULL, error_code = NULL, error_message = NULL, error_since = NULL, retry_count = 0,
    next_retry_at = NULL,
    updated_at = now()
FROM unnest($2::text[], $3::bytea[], $5::bigint[]) AS new (projection_name, row_digest, row_count),
     LATERAL (SELECT greatest(extract(epoch FROM now() - cursor2.updated_at), 0)::double precision AS seconds
              FROM dg_projection_cursors cursor2
              WHERE cursor2.tenant_id = $1 AND cursor2.projection_name = new.projection_name) AS elapsed
WHERE cursor.tenant_id = $1 AND cursor.projection_name = new.projection_name
