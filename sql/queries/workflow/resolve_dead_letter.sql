UPDATE dg_workflow_dead_letters
SET resolved_at = now(), resolved_by = $3, resolution = $4
WHERE tenant_id = $1 AND log_seq = $2 AND resolved_at IS NULL
RETURNING log_seq
