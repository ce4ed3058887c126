-- Endpoints of every tenant that have something to do now. The one statement here that looks beyond one tenant, but for
-- standing.sql.
SELECT hook.tenant_id, hook.webhook_id
FROM dg_webhooks AS hook
JOIN dg_tenant_heads AS head ON head.tenant_id = hook.tenant_id
WHERE hook.status = 'active'
  AND (hook.rests_until IS NULL OR hook.rests_until <= now())
  AND (hook.events AND head.last_log_seq > hook.last_log_seq
       OR hook.replay_until > hook.replay_log_seq
       OR hook.projections
          AND (hook.announced_at IS NULL OR hook.announced_at <= now() - interval '1 second')
          AND hook.announced IS DISTINCT FROM (
              SELECT jsonb_object_agg(cursor.projection_name, cursor.last_log_seq)
              FROM dg_projection_cursors AS cursor
              WHERE cursor.tenant_id = hook.tenant_id)
       OR EXISTS (
           SELECT
           FROM dg_webhook_deliveries AS delivery
           WHERE delivery.tenant_id = hook.tenant_id AND delivery.webhook_id = hook.webhook_id
             AND delivery.state = 'pending' AND delivery.next_attempt_at <= now()))
ORDER BY hook.tenant_id, hook.webhook_id
