-- Makes the next version, if the newest is the one that was seen, where one is named. No row when somebody else made it first.
INSERT INTO dg_workflow_routing (tenant_id, version, routing_json, reason, created_by)
SELECT $1, newest.version + 1, $2, $3, $4
FROM (SELECT coalesce(max(version), 0) AS version FROM dg_workflow_routing WHERE tenant_id = $1) AS newest
WHERE $5::bigint IS NULL OR newest.version = $5
ON CONFLICT (tenant_id, version) DO NOTHING
RETURNING version, routing_json, reason, created_at, created_by
