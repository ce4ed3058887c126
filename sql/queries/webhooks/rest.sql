-- Leaves an endpoint alone for $4 ms.
UPDATE dg_webhooks AS hook
SET rests_until = now() + $4 * interval '1 millisecond'
FROM (SELECT tenant_id FROM dg_webhook_scopes WHERE tenant_id = $1 AND epoch = $3 FOR SHARE) AS fence
WHERE hook.tenant_id = fence.tenant_id AND hook.webhook_id = $2
