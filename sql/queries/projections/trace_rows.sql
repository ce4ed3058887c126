-- One lookup per trace, whatever the statistics say. "The first row of this index from here on, if it is the one" instead of
-- plain equality: on a young table all indexes look equally good, and the wrong one reads the whole tenant for each trace.
SELECT found.trace_id, found.companion, found.workflow, found.title, found.primary_entity_type,
       found.primary_entity_system, found.primary_entity_id, found.outcome, found.started_at, found.started_instant,
       found.finished_at, found.event_count, found.first_log_seq, found.last_log_seq, found.last_trace_seq,
       found.last_event_type, found.last_occurred_at, found.actors, found.policies, found.tags
FROM unnest($3::text[]) AS wanted (trace_id)
CROSS JOIN LATERAL (
    SELECT trace.* FROM dg_trace_index trace
    WHERE trace.slot = $2 AND (trace.tenant_id, trace.trace_id) >= ($1, wanted.trace_id)
    ORDER BY trace.tenant_id, trace.trace_id
    LIMIT 1
) AS found
WHERE found.tenant_id = $1 AND found.trace_id = wanted.trace_id
