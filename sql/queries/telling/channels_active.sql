-- Channels that are told.
SELECT channel_id, channel, is_personal, preferences_json
FROM dg_workflow_channels
WHERE tenant_id = $1 AND status = 'active'
ORDER BY created_at, channel_id
