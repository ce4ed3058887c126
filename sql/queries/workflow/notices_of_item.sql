-- What was told about an item, the newest first.
SELECT notification_id, category, channel, status, message, recipient_account_id, recipient_role, payload_json, dedupe_key, created_at
FROM dg_workflow_notifications
WHERE tenant_id = $1 AND workflow_key = $2
ORDER BY created_at DESC, notification_id
LIMIT $3
