-- Hides an item from one person's queue for a while, until its deadline at the most.
INSERT INTO dg_workflow_snoozes (tenant_id, account_id, workflow_key, until)
SELECT item.tenant_id, $3, item.workflow_key, least($4, item.sla_due_at)
FROM dg_workflow_items AS item
WHERE item.tenant_id = $1 AND item.workflow_key = $2 AND item.resolved_at IS NULL
ON CONFLICT (tenant_id, account_id, workflow_key) DO UPDATE SET until = excluded.until
RETURNING until
