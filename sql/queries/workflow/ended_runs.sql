-- Replays that reviews asked for and that ended, of which the reviews were not told; those that ended first come first.
SELECT job_id, workflow_id, projection_name, mode, status, last_log_seq, error_code, result_json
FROM dg_projection_runs
WHERE tenant_id = $1 AND workflow_id IS NOT NULL AND attached_at IS NULL AND finished_at IS NOT NULL
ORDER BY finished_at, job_id
LIMIT $2
