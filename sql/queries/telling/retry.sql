-- Begins a new round at once for the message that a delivery is part of, or for every message that was given up when none is
-- named. What is on its way or was delivered stays as it is, unless it is named.
UPDATE dg_workflow_deliveries AS delivery
SET state = 'pending', attempts_before = attempts, next_attempt_at = now(), finished_at = NULL
WHERE delivery.tenant_id = $1
  AND (delivery.delivery_id = $2
       OR delivery.message_id = (SELECT message_id FROM dg_workflow_deliveries WHERE tenant_id = $1 AND delivery_id = $2)
       OR $2::uuid IS NULL AND delivery.state = 'failed')
RETURNING delivery_id, notification_id, channel, channel_id, account_id, is_bundled, message_id, target, state, attempts, created_at,
       next_attempt_at, finished_at, last_error
