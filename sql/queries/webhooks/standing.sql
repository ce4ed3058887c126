-- How all endpoints stand, for the metrics.
SELECT count(*) FILTER (WHERE hook.status = 'active') AS active,
       count(*) FILTER (WHERE hook.status = 'paused') AS paused,
       count(*) FILTER (WHERE hook.status = 'disabled') AS disabled,
       count(*) FILTER (WHERE hook.status = 'active' AND hook.failures >= 10) AS failing,
       coalesce(sum(queue.pending), 0)::bigint AS pending,
       coalesce(sum(queue.dead), 0)::bigint AS dead,
       coalesce(max(extract(epoch FROM now() - queue.oldest)) FILTER (WHERE hook.status = 'active'), 0)::double precision
           AS lag_seconds
FROM dg_webhooks AS hook
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE delivery.state = 'pending') AS pending,
           count(*) FILTER (WHERE delivery.state = 'dead') AS dead,
           min(delivery.created_at) FILTER (WHERE delivery.state = 'pending') AS oldest
    FROM dg_webhook_deliveries AS delivery
    WHERE delivery.tenant_id = hook.tenant_id AND delivery.webhook_id = hook.webhook_id
      AND delivery.state IN ('pending', 'dead')
) AS queue ON true
