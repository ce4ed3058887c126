-- Items of a tenant that the clock has something to say about, the most overdue first.
SELECT item.workflow_id
FROM dg_workflow_items AS item
WHERE item.tenant_id = $1 AND item.next_timer_at <= $2
ORDER BY item.next_timer_at
LIMIT $3
