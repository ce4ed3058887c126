-- Nothing is answered for a row that another runner has moved on meanwhile.
UPDATE dg_projection_builds AS build
SET last_log_seq = $4, row_digest = new.row_digest, row_count = new.row_count, aside_json = $6, updated_at = now()
FROM unnest($2::text[], $3::bytea[], $5::bigint[]) AS new (projection_name, row_digest, row_count)
WHERE build.tenant_id = $1 AND build.projection_name = new.projection_name AND build.job_id = $7
  AND build.state = 'building'
  AND build.last_log_seq = $8
RETURNING build.projection_name
