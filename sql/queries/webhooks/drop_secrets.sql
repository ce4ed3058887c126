-- Those that have ended are of no use to anybody.
DELETE FROM dg_webhook_secrets
WHERE tenant_id = $1 AND webhook_id = $2 AND expires_at <= now()
