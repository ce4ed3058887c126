-- Slots whose rows nobody will read again: retired ones, and what ended runs left half built.
SELECT build.tenant_id, build.projection_name, build.slot, build.job_id
FROM dg_projection_builds build
WHERE build.state = 'retired'
   OR (build.state = 'building' AND NOT EXISTS (
        SELECT FROM dg_projection_runs run
        WHERE run.tenant_id = build.tenant_id AND run.job_id = build.job_id
          AND run.status IN ('queued', 'running', 'paused', 'cancelling')))
ORDER BY build.updated_at
