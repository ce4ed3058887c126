-- Every item of a trace, oldest first, up to a bound.
SELECT item.item_json, item.claimed_by, item.claimed_at, item.claim_renewed_at,
       (item.resolved_at IS NULL AND coalesce(item.sla_due_at < now(), false)) AS overdue
FROM dg_workflow_items AS item
WHERE item.tenant_id = $1 AND item.trace_key = $2
ORDER BY item.requested_at, item.workflow_id
LIMIT 2000
