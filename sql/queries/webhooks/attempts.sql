-- The latest attempts of a delivery, latest first.
SELECT attempt, ended_at, duration_ms, status, error
FROM dg_webhook_attempts
WHERE tenant_id = $1 AND webhook_id = $2 AND delivery_id = $3
ORDER BY attempt DESC
LIMIT 100
