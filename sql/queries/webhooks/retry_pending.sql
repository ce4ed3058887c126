-- What waits for another attempt is due now.
UPDATE dg_webhook_deliveries
SET next_attempt_at = now()
WHERE tenant_id = $1 AND webhook_id = $2 AND state = 'pending' AND next_attempt_at > now()
