-- The first row of the primary key from here on, if it is the one: no other index has that order, whatever the statistics say.
SELECT found.trace_id, found.companion, found.workflow, found.title, found.primary_entity_type,
       found.primary_entity_system, found.primary_entity_id, found.outcome, found.started_at, found.started_instant,
       found.finished_at, found.event_count, found.first_log_seq, found.last_log_seq, found.last_trace_seq,
       found.last_event_type, found.last_occurred_at, found.actors, found.policies, found.tags
FROM (
    SELECT trace.* FROM dg_trace_index trace
    WHERE trace.slot = $2 AND (trace.tenant_id, trace.trace_id) >= ($1, $3)
    ORDER BY trace.tenant_id, trace.trace_id
    LIMIT 1
) AS found
WHERE found.tenant_id = $1 AND found.trace_id = $3
