-- What is known about the valid secrets of a webhook, newest first.
SELECT secret_id, kind, public_key, created_at, created_by, expires_at
FROM dg_workflow_channel_secrets
WHERE tenant_id = $1 AND channel_id = $2 AND kind <> 'url' AND (expires_at IS NULL OR expires_at > now())
ORDER BY created_at DESC, secret_id DESC
