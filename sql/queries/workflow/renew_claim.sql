-- Whatever the holder of an item does keeps it theirs.
UPDATE dg_workflow_items
SET claim_renewed_at = now()
WHERE tenant_id = $1 AND workflow_key = $2 AND claimed_by = $3
