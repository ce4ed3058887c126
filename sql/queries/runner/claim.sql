-- A claim by whoever holds the run's lock. A run that was running lost its runner.
UPDATE dg_projection_runs AS run
SET status = CASE run.status WHEN 'queued' THEN 'running' ELSE run.status END,
    claim = run.claim + 1,
    attempt = run.attempt + CASE run.status WHEN 'queued' THEN 0 ELSE 1 END,
    owner = $3,
    started_at = coalesce(run.started_at, now()),
    target_log_seq = coalesce(run.until_log_seq, head.last_log_seq),
    updated_at = now()
FROM dg_tenant_heads head
WHERE run.tenant_id = $1 AND run.job_id = $2 AND run.status = ANY ($4) AND head.tenant_id = run.tenant_id
RETURNING run.tenant_id, run.job_id, run.projection_name, run.mode, run.status, run.failure_id, run.until_log_seq,
          run.target_log_seq, run.processed_events, run.last_log_seq, run.claim, run.attempt
