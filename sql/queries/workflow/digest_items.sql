-- Items as they are kept, in the order of the digest.
SELECT workflow_id, item_json
FROM dg_workflow_items
WHERE tenant_id = $1 AND workflow_id > $2
ORDER BY workflow_id
LIMIT $3
