-- Who holds an item, and where it stands.
SELECT item.status, item.claimed_by, item.claimed_at
FROM dg_workflow_items AS item
WHERE item.tenant_id = $1 AND item.workflow_key = $2
