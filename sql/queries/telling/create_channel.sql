-- Makes a channel, unless the tenant has $9 already.
INSERT INTO dg_workflow_channels (
    tenant_id, channel_id, channel, name, target, is_personal, preferences_json, created_by)
SELECT $1, $2, $3, $4, $5, $6, $7, $8
WHERE (SELECT count(*) FROM dg_workflow_channels WHERE tenant_id = $1) < $9
RETURNING channel_id, channel, name, target, is_personal, status, preferences_json, created_at, created_by, updated_at
