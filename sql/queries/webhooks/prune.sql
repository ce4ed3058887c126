-- Forgets what ended in state $3 and is not among the latest $4, a few rows at a time.
DELETE FROM dg_webhook_deliveries AS old
USING (
    SELECT delivery_id
    FROM dg_webhook_deliveries
    WHERE tenant_id = $1 AND webhook_id = $2 AND state = $3 AND state <> 'pending'
    ORDER BY finished_at DESC
    OFFSET $4
    LIMIT 1000
) AS beyond
WHERE old.tenant_id = $1 AND old.webhook_id = $2 AND old.delivery_id = beyond.delivery_id AND old.state = $3
