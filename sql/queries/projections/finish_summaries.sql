-- Answers the rows as they were, for the row digest.
UPDATE dg_trace_summary AS summary
SET outcome = new.outcome,
    finished_at = new.finished_at,
    event_count = summary.event_count + 1,
    last_log_seq = new.log_seq
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) AS new (trace_id, outcome, finished_at, log_seq)
JOIN dg_trace_summary AS old ON old.tenant_id = $1 AND old.slot = $2 AND old.trace_id = new.trace_id
WHERE summary.tenant_id = $1 AND summary.slot = $2 AND summary.trace_id = new.trace_id
RETURNING old.trace_id, old.workflow, old.title, old.primary_entity_type, old.primary_entity_system,
          old.primary_entity_id, old.outcome, old.started_at, old.finished_at, old.event_count, old.last_log_seq
