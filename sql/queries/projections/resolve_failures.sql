UPDATE dg_projection_failures
SET status = 'resolved', resolved_at = now()
WHERE tenant_id = $1 AND projection_name = ANY ($2) AND status = 'open' AND log_seq <= $3
