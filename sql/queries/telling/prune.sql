-- Forgets notifications older than $2 days, some at a time, with inboxes and deliveries. It takes its turn with whoever tells: the
-- tenant's row is locked first, as there.
DELETE FROM dg_workflow_notifications
WHERE tenant_id = (SELECT tenant_id FROM dg_workflow_runtime WHERE tenant_id = $1 FOR UPDATE)
  AND notification_id IN (
    SELECT notification_id
    FROM dg_workflow_notifications
    WHERE tenant_id = $1 AND created_at < now() - $2 * interval '1 day'
    ORDER BY created_at
    LIMIT $3)
