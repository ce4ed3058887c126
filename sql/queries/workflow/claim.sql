-- Takes an open item for somebody, unless another holds it who did something with it lately. No row then, or when it is decided.
UPDATE dg_workflow_items AS item
SET claimed_by = $3,
    claimed_at = CASE WHEN item.claimed_by = $3 THEN item.claimed_at ELSE now() END,
    claim_renewed_at = now()
WHERE item.tenant_id = $1
  AND item.workflow_key = $2
  AND item.resolved_at IS NULL
  AND (item.claimed_by IS NULL OR item.claimed_by = $3 OR item.claim_renewed_at < now() - make_interval(secs => $4))
RETURNING item.claimed_by, item.claimed_at
