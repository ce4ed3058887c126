-- The same for a replay: what was sent before is sent again.
WITH fence AS MATERIALIZED (
    SELECT tenant_id
    FROM dg_webhook_scopes
    WHERE tenant_id = $1 AND epoch = $3
    FOR SHARE
),
moved AS (
    UPDATE dg_webhooks AS hook
    SET replay_log_seq = CASE WHEN hook.replay_until = $5 THEN NULL ELSE $5 END,
        replay_until = CASE WHEN hook.replay_until = $5 THEN NULL ELSE hook.replay_until END
    FROM fence
    WHERE hook.tenant_id = fence.tenant_id AND hook.webhook_id = $2 AND hook.replay_log_seq = $4
    RETURNING hook.tenant_id, hook.webhook_id
),
queued AS (
    INSERT INTO dg_webhook_deliveries AS delivery (tenant_id, webhook_id, delivery_id, message_type, log_seq)
    SELECT moved.tenant_id, moved.webhook_id, message.delivery_id, message.message_type, message.log_seq
    FROM moved, unnest($6::uuid[], $7::text[], $8::bigint[]) AS message (delivery_id, message_type, log_seq)
    ON CONFLICT (tenant_id, webhook_id, delivery_id) DO UPDATE
    SET state = 'pending', attempts_before = delivery.attempts, next_attempt_at = now(), finished_at = NULL
)
SELECT NOT EXISTS (SELECT FROM fence) AS fenced, EXISTS (SELECT FROM moved) AS moved
