UPDATE dg_projection_failures
SET attempts = attempts + 1, last_seen_at = now(), error_code = $3, error_message = $4
WHERE tenant_id = $1 AND failure_id = $2 AND status IN ('open', 'quarantined')
