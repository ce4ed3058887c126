-- One lookup per trace, whatever the statistics say.
SELECT found.trace_id, found.companion, found.workflow, found.title, found.primary_entity_type,
       found.primary_entity_system, found.primary_entity_id, found.outcome, found.started_at, found.started_instant,
       found.finished_at, found.event_count, found.first_log_seq, found.last_log_seq, found.last_trace_seq,
       found.last_event_type, found.last_occurred_at, found.actors, found.policies, found.tags
FROM unnest($3::text[]) AS wanted (trace_id)
CROSS JOIN LATERAL (
    SELECT trace.* FROM dg_trace_index trace
    WHERE trace.tenant_id = $1 AND trace.slot = $2 AND trace.trace_id = wanted.trace_id
    OFFSET 0
) AS found
