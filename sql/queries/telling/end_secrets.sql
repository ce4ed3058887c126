-- What is valid goes on for $3 seconds at most; 0 ends it now.
UPDATE dg_workflow_channel_secrets
SET expires_at = least(coalesce(expires_at, 'infinity'), now() + $3 * interval '1 second')
WHERE tenant_id = $1 AND channel_id = $2
