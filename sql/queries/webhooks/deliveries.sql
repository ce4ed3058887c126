-- Newest first, after the delivery at ($4, $5).
SELECT delivery.webhook_id, delivery.delivery_id, delivery.message_type, delivery.log_seq, delivery.data_json, delivery.state,
       delivery.attempts, delivery.created_at, delivery.next_attempt_at, delivery.finished_at, delivery.last_status, delivery.last_error
FROM dg_webhook_deliveries AS delivery
WHERE delivery.tenant_id = $1 AND delivery.webhook_id = $2
  AND ($3::text IS NULL OR delivery.state = $3)
  AND (delivery.created_at, delivery.delivery_id)
      < (coalesce($4::timestamptz, 'infinity'), coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
ORDER BY delivery.created_at DESC, delivery.delivery_id DESC
LIMIT $6
