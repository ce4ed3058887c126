SELECT delivery.webhook_id, delivery.delivery_id, delivery.message_type, delivery.log_seq, delivery.data_json, delivery.state,
       delivery.attempts, delivery.created_at, delivery.next_attempt_at, delivery.finished_at, delivery.last_status, delivery.last_error
FROM dg_webhook_deliveries AS delivery
WHERE delivery.tenant_id = $1 AND delivery.webhook_id = $2 AND delivery.delivery_id = $3
