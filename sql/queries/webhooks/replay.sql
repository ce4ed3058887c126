-- Sends the events after $3 up to $4 again; takes the place of a replay that is under way.
UPDATE dg_webhooks AS hook
SET replay_log_seq = $3, replay_until = $4
WHERE hook.tenant_id = $1 AND hook.webhook_id = $2
RETURNING hook.tenant_id, hook.webhook_id, hook.url, hook.description, hook.events, hook.projections, hook.event_types, hook.trace_id,
       hook.status, hook.status_reason, hook.status_changed_at, hook.created_at, hook.created_by, hook.updated_at, hook.last_log_seq,
       hook.replay_log_seq, hook.replay_until, hook.failures, hook.failing_since, hook.last_success_at
