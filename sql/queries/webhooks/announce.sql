-- Queues the news about projections ($4, as message $5 saying $6). News that nobody has taken yet and that is not on its way
-- ($7) becomes this news, with the attempts it has had: an endpoint that is away is not asked more often for that.
WITH fence AS MATERIALIZED (
    SELECT tenant_id
    FROM dg_webhook_scopes
    WHERE tenant_id = $1 AND epoch = $3
    FOR SHARE
),
announced AS (
    UPDATE dg_webhooks AS hook
    SET announced = $4::text::jsonb, announced_at = now()
    FROM fence
    WHERE hook.tenant_id = fence.tenant_id AND hook.webhook_id = $2
    RETURNING hook.tenant_id, hook.webhook_id
),
waiting AS (
    SELECT delivery.delivery_id
    FROM dg_webhook_deliveries AS delivery, announced
    WHERE delivery.tenant_id = announced.tenant_id AND delivery.webhook_id = announced.webhook_id
      AND delivery.state = 'pending' AND delivery.message_type = 'projection.advanced' AND delivery.delivery_id <> ALL ($7::uuid[])
    ORDER BY delivery.created_at
    LIMIT 1
),
renewed AS (
    UPDATE dg_webhook_deliveries AS delivery
    SET delivery_id = $5, data_json = $6, created_at = now()
    FROM waiting
    WHERE delivery.tenant_id = $1 AND delivery.webhook_id = $2 AND delivery.delivery_id = waiting.delivery_id
    RETURNING delivery.delivery_id
),
queued AS (
    INSERT INTO dg_webhook_deliveries (tenant_id, webhook_id, delivery_id, message_type, data_json)
    SELECT announced.tenant_id, announced.webhook_id, $5, 'projection.advanced', $6
    FROM announced
    WHERE NOT EXISTS (SELECT FROM waiting)
    ON CONFLICT (tenant_id, webhook_id, delivery_id) DO UPDATE
    SET state = 'pending', next_attempt_at = now(), finished_at = NULL
)
SELECT NOT EXISTS (SELECT FROM fence) AS fenced, EXISTS (SELECT FROM announced) AS moved
