-- With its secrets and everything that was queued for it.
DELETE FROM dg_webhooks
WHERE tenant_id = $1 AND webhook_id = $2
RETURNING webhook_id
