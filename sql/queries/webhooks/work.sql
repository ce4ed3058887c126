-- Endpoints of every tenant that have something to do now.
SELECT tenant_id, webhook_id
FROM dg_webhook_work
ORDER BY tenant_id, webhook_id
