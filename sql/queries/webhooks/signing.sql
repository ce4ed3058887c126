-- The secrets that are valid, newest first.
SELECT secret
FROM dg_webhook_secrets
WHERE tenant_id = $1 AND webhook_id = $2 AND (expires_at IS NULL OR expires_at > now())
ORDER BY created_at DESC, secret_id DESC
