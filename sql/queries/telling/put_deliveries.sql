-- Puts messages into the outbox, each once. What goes out alone has its own id from the start.
INSERT INTO dg_workflow_deliveries (
    tenant_id, delivery_id, notification_id, channel, channel_id, account_id, is_bundled, message_id, next_attempt_at)
SELECT $1, news.delivery_id, news.notification_id, news.channel, news.channel_id, news.account_id, news.is_bundled,
       CASE WHEN NOT news.is_bundled THEN news.delivery_id END, news.next_attempt_at
FROM jsonb_to_recordset($2::text::jsonb) AS news (
    delivery_id uuid, notification_id uuid, channel text, channel_id uuid, account_id text, is_bundled boolean,
    next_attempt_at timestamptz)
ON CONFLICT (tenant_id, delivery_id) DO NOTHING
