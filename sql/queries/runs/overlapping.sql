-- The runs under way that stand in the way of one over $2, one per tenant. trace_index is the only projection that is not
-- one of the reference's.
SELECT DISTINCT ON (tenant_id) tenant_id, job_id
FROM dg_projection_runs
WHERE tenant_id = ANY ($1) AND status IN ('queued', 'running', 'paused', 'cancelling')
  AND (projection_name IN ('all', $2) OR $2 = 'all'
       OR (projection_name = 'reference' AND $2 <> 'trace_index')
       OR ($2 = 'reference' AND projection_name <> 'trace_index'))
ORDER BY tenant_id, requested_at, job_id
