-- The same for an endpoint that is probed: what was never tried goes first, because a message that is refused for its own sake
-- must not stand for the endpoint.
SELECT delivery_id, message_type, log_seq, data_json, created_at, (attempts - attempts_before)::bigint AS tries
FROM dg_webhook_deliveries
WHERE tenant_id = $1 AND webhook_id = $2 AND state = 'pending' AND next_attempt_at <= now() AND delivery_id <> ALL ($3::uuid[])
ORDER BY attempts > attempts_before, next_attempt_at, log_seq
LIMIT $4
