-- A channel that stays as it is until the transaction ends.
SELECT channel_id, channel, name, target, is_personal, status, preferences_json, created_at, created_by, updated_at
FROM dg_workflow_channels
WHERE tenant_id = $1 AND channel_id = $2
FOR UPDATE
