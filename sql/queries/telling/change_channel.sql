-- Changes what is named.
UPDATE dg_workflow_channels
SET name = coalesce($3, name), target = coalesce($4, target), status = coalesce($5, status),
    preferences_json = coalesce($6, preferences_json), updated_at = now()
WHERE tenant_id = $1 AND channel_id = $2
RETURNING channel_id, channel, name, target, is_personal, status, preferences_json, created_at, created_by, updated_at
