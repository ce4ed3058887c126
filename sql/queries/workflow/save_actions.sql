-- Notes what was done: one row per event, never twice.
INSERT INTO dg_workflow_actions (
    tenant_id, workflow_key, log_seq, action_id, action_type, trace_id, actor_type, actor_id, actor_account_id, note,
    payload_json, source_event_id, resulting_status, round, created_at)
SELECT $1, news.workflow_key, news.log_seq, news.action_id, news.action_type, news.trace_id, news.actor_type, news.actor_id,
       news.actor_account_id, news.note, news.payload_json, news.source_event_id, news.resulting_status, news.round,
       news.created_at
FROM jsonb_to_recordset($2::text::jsonb) AS news (
    workflow_key uuid, log_seq bigint, action_id text, action_type text, trace_id text, actor_type text, actor_id text,
    actor_account_id text, note text, payload_json text, source_event_id text, resulting_status text, round bigint,
    created_at timestamptz)
