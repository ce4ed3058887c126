UPDATE dg_projection_cursors
SET last_log_seq = $3, state = $4, updated_at = now()
WHERE tenant_id = $1 AND projection_name = ANY ($2)
