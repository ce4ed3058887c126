-- Channels of a tenant, oldest first; one of them where it is named.
SELECT channel_id, channel, name, target, is_personal, status, preferences_json, created_at, created_by, updated_at
FROM dg_workflow_channels
WHERE tenant_id = $1 AND ($2::uuid IS NULL OR channel_id = $2)
ORDER BY created_at, channel_id
