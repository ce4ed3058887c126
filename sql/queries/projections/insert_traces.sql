-- Traces that begin. Lists come as text, because lists of unequal length are no array of arrays.
INSERT INTO dg_trace_index
    (tenant_id, slot, trace_id, companion, workflow, title, primary_entity_type, primary_entity_system,
     primary_entity_id, outcome, started_at, started_instant, finished_at, event_count, first_log_seq, last_log_seq,
     last_trace_seq, last_event_type, last_occurred_at, actors, policies, tags)
SELECT $1, $2, new.trace_id, new.companion, new.workflow, new.title, new.entity_type, new.entity_system, new.entity_id,
       new.outcome, new.started_at, new.started_instant, new.finished_at, new.events, new.first_log_seq,
       new.last_log_seq, new.last_trace_seq, new.last_event_type, new.last_occurred_at,
       new.actors::text[], new.policies::text[], new.tags::text[]
FROM unnest($3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::text[], $12::timestamptz[], $13::text[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[],
            $18::text[], $19::text[], $20::text[], $21::text[], $22::text[])
    AS new (trace_id, companion, workflow, title, entity_type, entity_system, entity_id, outcome, started_at,
            started_instant, finished_at, events, first_log_seq, last_log_seq, last_trace_seq, last_event_type,
            last_occurred_at, actors, policies, tags)
