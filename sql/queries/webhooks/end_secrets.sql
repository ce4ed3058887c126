-- Brings the end of every secret closer, never further away.
UPDATE dg_webhook_secrets
SET expires_at = least(expires_at, now() + $3 * interval '1 second')
WHERE tenant_id = $1 AND webhook_id = $2
