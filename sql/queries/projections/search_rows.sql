-- The rows of traces that a search found, in its order.
SELECT trace.*
FROM unnest($3::timestamptz[], $4::bigint[]) WITH ORDINALITY AS found (started_instant, first_log_seq, place)
CROSS JOIN LATERAL (
    SELECT trace_id, companion, workflow, title, primary_entity_type, primary_entity_system, primary_entity_id, outcome,
           started_at, started_instant, finished_at, event_count, first_log_seq, last_log_seq, last_trace_seq,
           last_event_type, last_occurred_at, actors, policies, tags
    FROM dg_trace_index
    WHERE tenant_id = $1
      AND slot = $2
      AND started_instant = found.started_instant
      AND first_log_seq = found.first_log_seq
    OFFSET 0
) AS trace
ORDER BY found.place
