-- Traces that began earlier. The batch must follow on what the row has seen: a dropped event is noticed, not assumed.
UPDATE dg_trace_index AS trace
SET outcome = coalesce(new.outcome, trace.outcome),
    finished_at = coalesce(new.finished_at, trace.finished_at),
    event_count = trace.event_count + new.events,
    last_log_seq = new.last_log_seq,
    last_trace_seq = new.last_trace_seq,
    last_event_type = new.last_event_type,
    last_occurred_at = new.last_occurred_at,
    actors = ARRAY(SELECT item
                FROM (SELECT unnest(trace.actors) UNION SELECT jsonb_array_elements_text(new.actors)) AS united (item)
                ORDER BY item COLLATE "C"),
    policies = ARRAY(SELECT item
                FROM (SELECT unnest(trace.policies) UNION SELECT jsonb_array_elements_text(new.policies)) AS united (item)
                ORDER BY item COLLATE "C"),
    tags = ARRAY(SELECT item
                FROM (SELECT unnest(trace.tags) UNION SELECT jsonb_array_elements_text(new.tags)) AS united (item)
                ORDER BY item COLLATE "C")
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[],
            $11::text[], $12::text[]::jsonb[], $13::text[]::jsonb[], $14::text[]::jsonb[])
    AS new (trace_id, outcome, finished_at, events, first_trace_seq, last_log_seq, last_trace_seq, last_event_type,
            last_occurred_at, actors, policies, tags)
WHERE trace.tenant_id = $1
  AND trace.slot = $2
  AND trace.trace_id = new.trace_id
  AND trace.last_trace_seq = new.first_trace_seq - 1
