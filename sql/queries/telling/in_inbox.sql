SELECT 1
FROM dg_workflow_recipients
WHERE tenant_id = $1 AND account_id = $2 AND notification_id = $3
