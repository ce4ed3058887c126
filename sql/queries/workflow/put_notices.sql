-- Keeps notifications, each once; answers those that are new.
INSERT INTO dg_workflow_notifications (
    tenant_id, notification_id, workflow_key, workflow_id, trace_id, category, status, message, recipient_account_id,
    recipient_role, payload_json, dedupe_key, dedupe_hash, created_at)
SELECT $1, news.notification_id, news.workflow_key, news.workflow_id, news.trace_id, news.category, news.status, news.message,
       news.recipient_account_id, news.recipient_role, news.payload_json, news.dedupe_key, news.dedupe_hash, news.created_at
FROM jsonb_to_recordset($2::text::jsonb) AS news (
    notification_id uuid, workflow_key uuid, workflow_id text, trace_id text, category text, status text, message text,
    recipient_account_id text, recipient_role text, payload_json text, dedupe_key text, dedupe_hash uuid,
    created_at timestamptz)
ON CONFLICT (tenant_id, dedupe_hash) DO NOTHING
RETURNING notification_id, clock_timestamp() AS now
