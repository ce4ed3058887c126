INSERT INTO dg_webhook_deliveries AS delivery (tenant_id, webhook_id, delivery_id, message_type, data_json)
VALUES ($1, $2, $3, 'webhook.test', $4)
RETURNING delivery.webhook_id, delivery.delivery_id, delivery.message_type, delivery.log_seq, delivery.data_json, delivery.state,
       delivery.attempts, delivery.created_at, delivery.next_attempt_at, delivery.finished_at, delivery.last_status, delivery.last_error
