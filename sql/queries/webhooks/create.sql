-- Begins after position $9, at the end of the log when that is null; no row for a tenant that is not registered, and none
-- for one that has $11 endpoints already.
INSERT INTO dg_webhooks AS hook (tenant_id, webhook_id, url, description, events, projections, event_types, trace_id, last_log_seq,
                                 created_by)
SELECT head.tenant_id, $2, $3, $4, $5, $6, $7, $8, coalesce($9::bigint, head.last_log_seq), $10
FROM dg_tenant_heads AS head
WHERE head.tenant_id = $1 AND (SELECT count(*) FROM dg_webhooks AS other WHERE other.tenant_id = $1) < $11
RETURNING hook.tenant_id, hook.webhook_id, hook.url, hook.description, hook.events, hook.projections, hook.event_types, hook.trace_id,
       hook.status, hook.status_reason, hook.status_changed_at, hook.created_at, hook.created_by, hook.updated_at, hook.last_log_seq,
       hook.replay_log_seq, hook.replay_until, hook.failures, hook.failing_since, hook.last_success_at
