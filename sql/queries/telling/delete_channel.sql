-- With everything that was to go there.
DELETE FROM dg_workflow_channels
WHERE tenant_id = $1 AND channel_id = $2
RETURNING channel_id
