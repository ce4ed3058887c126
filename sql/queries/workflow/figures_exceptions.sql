-- How many exceptions were asked for between two instants, per policy.
SELECT coalesce(policy_id, '') AS policy_id, count(*) AS exception_count
FROM dg_workflow_items
WHERE tenant_id = $1
  AND workflow_kind = 'exception_review'
  AND requested_at >= $2 AND requested_at < $3
  AND ($4::text IS NULL OR policy_id = $4)
GROUP BY 1
ORDER BY 1
