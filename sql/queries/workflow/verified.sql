UPDATE dg_workflow_runtime
SET verified_at = now(), verified_equal = $2, rebuilt_at = CASE WHEN $3 THEN now() ELSE rebuilt_at END
WHERE tenant_id = $1
