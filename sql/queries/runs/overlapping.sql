-- The runs under way that stand in the way of one over $2, one per tenant.
SELECT DISTINCT ON (tenant_id) tenant_id, job_id
FROM dg_projection_runs
WHERE tenant_id = ANY ($1) AND status IN ('queued', 'running', 'paused', 'cancelling')
  AND (projection_name IN ('all', $2) OR $2 = 'all')
ORDER BY tenant_id, requested_at, job_id
