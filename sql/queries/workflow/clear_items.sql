-- What the fold does not make: nothing of the log leads to these items.
DELETE FROM dg_workflow_items
WHERE tenant_id = $1 AND NOT workflow_key = ANY ($2::uuid[])
