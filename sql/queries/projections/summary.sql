-- The first row of the primary key from here on, if it is the one: no other index has that order, whatever the statistics say.
SELECT found.trace_id, found.workflow, found.title, found.primary_entity_type, found.primary_entity_system,
       found.primary_entity_id, found.outcome, found.started_at, found.finished_at, found.event_count, found.last_log_seq
FROM (
    SELECT summary.* FROM dg_trace_summary summary
    WHERE summary.slot = $2 AND (summary.tenant_id, summary.trace_id) >= ($1, $3)
    ORDER BY summary.tenant_id, summary.trace_id
    LIMIT 1
) AS found
WHERE found.tenant_id = $1 AND found.trace_id = $3
