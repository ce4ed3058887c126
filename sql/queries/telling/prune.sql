-- Forgets notifications older than $2 days, some at a time, with inboxes and deliveries.
DELETE FROM dg_workflow_notifications
WHERE tenant_id = $1 AND notification_id IN (
    SELECT notification_id
    FROM dg_workflow_notifications
    WHERE tenant_id = $1 AND created_at < now() - $2 * interval '1 day'
    ORDER BY created_at
    LIMIT $3)
