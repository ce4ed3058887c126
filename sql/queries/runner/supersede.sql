-- Events that could not be folded before and are in the new generation.
UPDATE dg_projection_failures
SET status = 'superseded', resolved_at = now(), resolved_by = $5, job_id = $4
WHERE tenant_id = $1 AND projection_name = ANY ($2) AND status = 'open' AND log_seq <= $3 AND log_seq <> ALL ($6)
