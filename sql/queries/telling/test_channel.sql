-- A message without a notification: a test.
INSERT INTO dg_workflow_deliveries (
    tenant_id, delivery_id, channel, channel_id, is_bundled, message_id, next_attempt_at)
VALUES ($1, $2, $3, $4, false, $2, now())
