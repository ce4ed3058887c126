-- Moves a tenant's items to the position they were told about, and says when the clock is needed next.
UPDATE dg_workflow_runtime
SET last_log_seq = $2,
    next_timer_at = (
        SELECT item.next_timer_at
        FROM dg_workflow_items AS item
        WHERE item.tenant_id = $1 AND item.next_timer_at IS NOT NULL
        ORDER BY item.next_timer_at
        LIMIT 1),
    updated_at = now()
WHERE tenant_id = $1
