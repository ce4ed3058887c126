-- Notes what folding the log gave; a rebuild that was asked for is done with it.
UPDATE dg_workflow_runtime
SET verified_at = clock_timestamp(),
    verified_log_seq = $4,
    verified_json = $2,
    rebuilt_at = CASE WHEN $3 THEN clock_timestamp() ELSE rebuilt_at END,
    rebuild_asked_at = CASE WHEN NOT $3 THEN rebuild_asked_at END,
    rebuild_asked_by = CASE WHEN NOT $3 THEN rebuild_asked_by END
WHERE tenant_id = $1
