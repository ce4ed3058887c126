-- Runs that want a runner: new ones, and those whose runner may have died; the lock on a run tells.
SELECT tenant_id, job_id, mode, status
FROM dg_projection_runs
WHERE status IN ('queued', 'running', 'cancelling')
ORDER BY requested_at, job_id
