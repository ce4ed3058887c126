-- Newest first, before the delivery at ($6, $7).
SELECT delivery_id, notification_id, channel, channel_id, account_id, is_bundled, message_id, target, state, attempts, created_at,
       next_attempt_at, finished_at, last_error
FROM dg_workflow_deliveries
WHERE tenant_id = $1
  AND ($2::text IS NULL OR state = $2)
  AND ($3::uuid IS NULL OR channel_id = $3)
  AND ($4::text IS NULL OR account_id = $4)
  AND ($5::uuid IS NULL OR notification_id = $5)
  AND (created_at, delivery_id)
      < (coalesce($6::timestamptz, 'infinity'), coalesce($7::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
ORDER BY created_at DESC, delivery_id DESC
LIMIT $8
