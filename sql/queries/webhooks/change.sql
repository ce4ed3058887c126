-- Events that were not wanted before begin at the end of the log. $10 forgets what failed.
UPDATE dg_webhooks AS hook
SET url = $3, description = $4, events = $5, projections = $6, event_types = $7, trace_id = $8, status = $9, updated_at = now(),
    status_changed_at = CASE WHEN status = $9 THEN status_changed_at ELSE now() END,
    status_reason = CASE WHEN status = $9 THEN status_reason ELSE $11 END,
    last_log_seq = CASE WHEN $5 AND NOT events THEN head.last_log_seq ELSE hook.last_log_seq END,
    failures = CASE WHEN $10 THEN 0 ELSE failures END,
    failing_since = CASE WHEN $10 THEN NULL ELSE failing_since END,
    rests_until = CASE WHEN $10 THEN NULL ELSE rests_until END
FROM dg_tenant_heads AS head
WHERE hook.tenant_id = $1 AND hook.webhook_id = $2 AND head.tenant_id = hook.tenant_id
RETURNING hook.tenant_id, hook.webhook_id, hook.url, hook.description, hook.events, hook.projections, hook.event_types, hook.trace_id,
       hook.status, hook.status_reason, hook.status_changed_at, hook.created_at, hook.created_by, hook.updated_at, hook.last_log_seq,
       hook.replay_log_seq, hook.replay_until, hook.failures, hook.failing_since, hook.last_success_at
