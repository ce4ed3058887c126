-- Where a tenant's projections stand, when that is news for the endpoint and a second has passed since the last news.
SELECT jsonb_object_agg(cursor.projection_name, cursor.last_log_seq)::text AS projections, min(cursor.last_log_seq) AS applied_seq
FROM dg_webhooks AS hook
JOIN dg_projection_cursors AS cursor ON cursor.tenant_id = hook.tenant_id
WHERE hook.tenant_id = $1 AND hook.webhook_id = $2 AND hook.projections
  AND (hook.announced_at IS NULL OR hook.announced_at <= now() - interval '1 second')
GROUP BY hook.tenant_id, hook.webhook_id, hook.announced
HAVING hook.announced IS DISTINCT FROM jsonb_object_agg(cursor.projection_name, cursor.last_log_seq)
