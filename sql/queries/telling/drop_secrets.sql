-- Forgets what is valid no longer.
DELETE FROM dg_workflow_channel_secrets
WHERE tenant_id = $1 AND channel_id = $2 AND expires_at <= now()
