-- Messages that are due, the longest first, with everything they say, where they go and what they are signed with. Those on their way
-- ($2), those to places that have enough on their way ($3) and those to channels that are paused are left out.
WITH message AS (
    SELECT waiting.message_id, min(waiting.next_attempt_at) AS due_at, min(waiting.created_at) AS made_at
    FROM dg_workflow_deliveries AS waiting
    LEFT JOIN dg_workflow_channels AS place
        ON place.tenant_id = waiting.tenant_id AND place.channel_id = waiting.channel_id
    WHERE waiting.tenant_id = $1 AND waiting.state = 'pending' AND waiting.next_attempt_at <= now()
      AND waiting.message_id IS NOT NULL AND waiting.message_id <> ALL ($2::uuid[])
      AND place.status IS DISTINCT FROM 'paused'
      AND coalesce(waiting.channel_id::text, waiting.channel) <> ALL ($3::text[])
    GROUP BY waiting.message_id
    ORDER BY due_at, made_at, message_id
    LIMIT $4
)
SELECT message.message_id, delivery.channel, delivery.channel_id, delivery.account_id, delivery.is_bundled,
       delivery.attempts - delivery.attempts_before AS tries, delivery.created_at,
       CASE WHEN delivery.channel_id IS NULL THEN preferences.email ELSE channel.target END AS target,
       secrets.kinds, secrets.texts,
       notice.notification_id, notice.workflow_id, notice.trace_id, notice.category, notice.message, notice.payload_json,
       notice.created_at AS notice_created_at
FROM message
JOIN dg_workflow_deliveries AS delivery ON delivery.tenant_id = $1 AND delivery.message_id = message.message_id
    AND delivery.state = 'pending'
LEFT JOIN dg_workflow_notifications AS notice
    ON notice.tenant_id = $1 AND notice.notification_id = delivery.notification_id
LEFT JOIN dg_workflow_channels AS channel ON channel.tenant_id = $1 AND channel.channel_id = delivery.channel_id
LEFT JOIN dg_workflow_preferences AS preferences
    ON preferences.tenant_id = $1 AND preferences.account_id = delivery.account_id
LEFT JOIN LATERAL (
    SELECT array_agg(secret.kind ORDER BY secret.created_at DESC, secret.secret_id DESC) AS kinds,
           array_agg(secret.secret ORDER BY secret.created_at DESC, secret.secret_id DESC) AS texts
    FROM dg_workflow_channel_secrets AS secret
    WHERE secret.tenant_id = $1 AND secret.channel_id = delivery.channel_id
      AND (secret.expires_at IS NULL OR secret.expires_at > now())
) AS secrets ON true
ORDER BY message.due_at, message.made_at, message.message_id, notice.created_at, delivery.delivery_id
