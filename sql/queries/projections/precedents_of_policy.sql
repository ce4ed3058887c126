-- One hit per trace, from its best row: an exception first, then the later event, then the smaller id.
-- The rows of a trace share its finish, so walking the policy index newest finish first keeps them together, and the walk
-- ends with the last hit. The summary is looked up by its key alone, behind a fence: with the other conditions beside it,
-- statistics from before the table grew would choose an index of all finished traces, and read it once for each hit.
SELECT best.trace_id, summary.workflow, summary.title, summary.outcome, best.policy_id, best.policy_version,
       summary.finished_at
FROM (
    SELECT DISTINCT ON (finished_log_seq) finished_log_seq, trace_id, policy_id, policy_version
    FROM dg_precedent_index
    WHERE tenant_id = $1
      AND slot = $2
      AND policy_id = $7
      AND finished_log_seq <= $10
      AND ($8::text IS NULL OR policy_version = $8)
    ORDER BY finished_log_seq DESC, (exception_id IS NULL), log_seq DESC, source_event_id
) AS best
CROSS JOIN LATERAL (
    SELECT found.* FROM dg_trace_summary found
    WHERE found.tenant_id = $1 AND found.slot = $9 AND found.trace_id = best.trace_id
    OFFSET 0
) AS summary
WHERE summary.outcome IS NOT NULL
  AND ($3::text IS NULL OR summary.primary_entity_type = $3)
  AND ($4::text IS NULL OR summary.primary_entity_id = $4)
  AND ($5::text IS NULL OR summary.outcome = $5)
ORDER BY best.finished_log_seq DESC
LIMIT $6
