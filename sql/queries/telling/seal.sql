-- What is due and goes out together gets the id of the first of it, for ever: so many at most in one message.
WITH due AS (
    SELECT delivery_id, created_at, channel, channel_id, account_id,
           (row_number() OVER (PARTITION BY channel, channel_id, account_id ORDER BY created_at, delivery_id) - 1) / $2 AS part
    FROM dg_workflow_deliveries
    WHERE tenant_id = $1 AND state = 'pending' AND next_attempt_at <= now() AND message_id IS NULL
),
sealed AS (
    SELECT delivery_id,
           first_value(delivery_id) OVER (PARTITION BY channel, channel_id, account_id, part ORDER BY created_at, delivery_id) AS message_id
    FROM due
)
UPDATE dg_workflow_deliveries AS delivery
SET message_id = sealed.message_id
FROM sealed
WHERE delivery.tenant_id = $1 AND delivery.delivery_id = sealed.delivery_id AND delivery.message_id IS NULL
