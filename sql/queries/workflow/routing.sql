-- What the tenant says about new items: a version, or the newest.
SELECT version, routing_json, reason, created_at, created_by
FROM dg_workflow_routing
WHERE tenant_id = $1 AND ($2::bigint IS NULL OR version = $2)
ORDER BY version DESC
LIMIT 1
