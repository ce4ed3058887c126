-- An endpoint as it is served: nothing for one that is not active or rests.
SELECT hook.tenant_id, hook.webhook_id, hook.url, hook.description, hook.events, hook.projections, hook.event_types, hook.trace_id,
       hook.status, hook.status_reason, hook.status_changed_at, hook.created_at, hook.created_by, hook.updated_at, hook.last_log_seq,
       hook.replay_log_seq, hook.replay_until, hook.failures, hook.failing_since, hook.last_success_at, head.last_log_seq AS head_seq
FROM dg_webhooks AS hook
JOIN dg_tenant_heads AS head ON head.tenant_id = hook.tenant_id
WHERE hook.tenant_id = $1 AND hook.webhook_id = $2 AND hook.status = 'active'
  AND (hook.rests_until IS NULL OR hook.rests_until <= now())
