-- Writes down how an attempt ended: the message is in state $5 and, when it is pending, due in $6 ms. Answers what the endpoint
-- looked like before and looks like now; no row of it when it is gone.
WITH fence AS MATERIALIZED (
    SELECT tenant_id
    FROM dg_webhook_scopes
    WHERE tenant_id = $1 AND epoch = $3
    FOR SHARE
),
before AS MATERIALIZED (
    SELECT hook.tenant_id, hook.webhook_id, hook.failures
    FROM dg_webhooks AS hook, fence
    WHERE hook.tenant_id = fence.tenant_id AND hook.webhook_id = $2
    FOR UPDATE OF hook
),
delivery AS (
    UPDATE dg_webhook_deliveries AS delivery
    SET state = $5, attempts = delivery.attempts + 1, last_status = $7, last_error = $8,
        next_attempt_at = now() + $6 * interval '1 millisecond',
        finished_at = CASE WHEN $5 = 'pending' THEN NULL ELSE now() END
    FROM before
    WHERE delivery.tenant_id = before.tenant_id AND delivery.webhook_id = before.webhook_id AND delivery.delivery_id = $4
    RETURNING delivery.tenant_id, delivery.webhook_id, delivery.delivery_id, delivery.attempts
),
attempt AS (
    INSERT INTO dg_webhook_attempts (tenant_id, webhook_id, delivery_id, attempt, duration_ms, status, error)
    SELECT delivery.tenant_id, delivery.webhook_id, delivery.delivery_id, delivery.attempts, $9, $7, $8
    FROM delivery
),
after AS (
    UPDATE dg_webhooks AS hook
    SET failures = CASE WHEN $5 = 'delivered' THEN 0 ELSE hook.failures + 1 END,
        failing_since = CASE WHEN $5 = 'delivered' THEN NULL ELSE coalesce(hook.failing_since, now()) END,
        rests_until = CASE WHEN $5 = 'delivered' THEN NULL ELSE hook.rests_until END,
        last_success_at = CASE WHEN $5 = 'delivered' THEN now() ELSE hook.last_success_at END
    FROM before
    WHERE hook.tenant_id = before.tenant_id AND hook.webhook_id = before.webhook_id
    RETURNING hook.failures, hook.failing_since
)
SELECT fence.tenant_id IS NULL AS fenced, before.failures AS failures_before, after.failures,
       (extract(epoch FROM now() - after.failing_since) * 1000)::bigint AS failing_ms
FROM (SELECT 1) AS always
LEFT JOIN fence ON true
LEFT JOIN before ON true
LEFT JOIN after ON true
