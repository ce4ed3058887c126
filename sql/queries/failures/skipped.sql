-- How many events some of these projections lack.
SELECT count(DISTINCT log_seq) AS skipped_events
FROM dg_projection_failures
WHERE tenant_id = $1 AND projection_name = ANY ($2) AND status IN ('open', 'quarantined')
