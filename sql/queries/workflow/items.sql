-- Items by key, with what the clock has to remember.
SELECT item.item_json, item.warned_for
FROM dg_workflow_items AS item
WHERE item.tenant_id = $1 AND item.workflow_key = ANY ($2::uuid[])
