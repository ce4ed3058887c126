-- Traces that began earlier, as they are after this batch. The caller has read their rows in this transaction, so every row
-- is in conflict and what never changes is not given. An UPDATE would join the rows with these values, and statistics from
-- before the table grew make the planner compare every trace of the tenant with every value.
INSERT INTO dg_trace_index
    (tenant_id, slot, trace_id, companion, workflow, title, primary_entity_type, primary_entity_id, outcome, started_at,
     started_instant, finished_at, event_count, first_log_seq, last_log_seq, last_trace_seq, last_event_type,
     last_occurred_at, actors, policies, tags)
SELECT $1, $2, new.trace_id, false, '', '', '', '', new.outcome, '', 'epoch', new.finished_at, new.events, 0,
       new.last_log_seq, new.last_trace_seq, new.last_event_type, new.last_occurred_at,
       new.actors::text[], new.policies::text[], new.tags::text[]
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::text[],
            $11::text[], $12::text[], $13::text[])
    AS new (trace_id, outcome, finished_at, events, last_log_seq, last_trace_seq, last_event_type, last_occurred_at,
            actors, policies, tags)
ON CONFLICT (tenant_id, slot, trace_id) DO UPDATE
SET outcome = excluded.outcome,
    finished_at = excluded.finished_at,
    event_count = excluded.event_count,
    last_log_seq = excluded.last_log_seq,
    last_trace_seq = excluded.last_trace_seq,
    last_event_type = excluded.last_event_type,
    last_occurred_at = excluded.last_occurred_at,
    actors = excluded.actors,
    policies = excluded.policies,
    tags = excluded.tags
