SELECT count(*) AS unread
FROM dg_workflow_recipients
WHERE tenant_id = $1 AND account_id = $2 AND read_at IS NULL
