-- Gives an item back; only who holds it can.
UPDATE dg_workflow_items AS item
SET claimed_by = NULL, claimed_at = NULL, claim_renewed_at = NULL
WHERE item.tenant_id = $1 AND item.workflow_key = $2 AND item.claimed_by = $3
RETURNING item.workflow_id
