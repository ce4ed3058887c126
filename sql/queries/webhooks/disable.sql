-- Gives an endpoint up; what is queued for it stays.
UPDATE dg_webhooks AS hook
SET status = 'disabled', status_reason = $4, status_changed_at = now()
FROM (SELECT tenant_id FROM dg_webhook_scopes WHERE tenant_id = $1 AND epoch = $3 FOR SHARE) AS fence
WHERE hook.tenant_id = fence.tenant_id AND hook.webhook_id = $2 AND hook.status = 'active'
RETURNING hook.webhook_id
