-- A new round for every dead letter.
UPDATE dg_webhook_deliveries
SET state = 'pending', attempts_before = attempts, next_attempt_at = now(), finished_at = NULL
WHERE tenant_id = $1 AND webhook_id = $2 AND state = 'dead'
