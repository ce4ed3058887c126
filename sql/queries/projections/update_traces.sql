-- Traces that began earlier, as they are after this batch.
UPDATE dg_trace_index AS trace
SET outcome = new.outcome,
    finished_at = new.finished_at,
    event_count = new.events,
    last_log_seq = new.last_log_seq,
    last_trace_seq = new.last_trace_seq,
    last_event_type = new.last_event_type,
    last_occurred_at = new.last_occurred_at,
    actors = ARRAY(SELECT jsonb_array_elements_text(new.actors)),
    policies = ARRAY(SELECT jsonb_array_elements_text(new.policies)),
    tags = ARRAY(SELECT jsonb_array_elements_text(new.tags))
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::text[],
            $11::text[]::jsonb[], $12::text[]::jsonb[], $13::text[]::jsonb[])
    AS new (trace_id, outcome, finished_at, events, last_log_seq, last_trace_seq, last_event_type, last_occurred_at,
            actors, policies, tags)
WHERE trace.tenant_id = $1 AND trace.slot = $2 AND trace.trace_id = new.trace_id
