SELECT hook.tenant_id, hook.webhook_id, hook.url, hook.description, hook.events, hook.projections, hook.event_types, hook.trace_id,
       hook.status, hook.status_reason, hook.status_changed_at, hook.created_at, hook.created_by, hook.updated_at, hook.last_log_seq,
       hook.replay_log_seq, hook.replay_until, hook.failures, hook.failing_since, hook.last_success_at
FROM dg_webhooks AS hook
WHERE hook.tenant_id = $1 AND hook.webhook_id = $2
