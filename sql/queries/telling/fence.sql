-- Whether the tenant is still the holder's.
SELECT 1
FROM dg_workflow_telling_scopes
WHERE tenant_id = $1 AND epoch = $2
FOR SHARE
