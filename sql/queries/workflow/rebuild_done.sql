-- What a rebuild that was asked for found; no row while it is not done.
SELECT verified_json
FROM dg_workflow_runtime
WHERE tenant_id = $1 AND rebuild_asked_at IS NULL AND rebuilt_at IS NOT NULL
