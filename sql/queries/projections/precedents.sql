-- Finished traces by summary, newest finish first (semantics, section 12.6), without a policy.
SELECT trace_id, workflow, title, outcome, NULL::text AS policy_id, NULL::text AS policy_version, finished_at
FROM dg_trace_summary
WHERE tenant_id = $1
  AND slot = $2
  AND outcome IS NOT NULL
  AND last_log_seq <= $7
  AND ($3::text IS NULL OR primary_entity_type = $3)
  AND ($4::text IS NULL OR primary_entity_id = $4)
  AND ($5::text IS NULL OR outcome = $5)
ORDER BY last_log_seq DESC, trace_id
LIMIT $6
