-- What is known about the secrets that are valid, newest first; not the secrets.
SELECT secret_id, kind, public_key, created_at, created_by, expires_at
FROM dg_webhook_secrets
WHERE tenant_id = $1 AND webhook_id = $2 AND (expires_at IS NULL OR expires_at > now())
ORDER BY created_at DESC, secret_id DESC
