-- What traces observed and what policies said of them until a position: of each the latest two thousand events of these types, in order.
SELECT wanted.place, log.event_type, log.payload_json
FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted (trace_key, place)
CROSS JOIN LATERAL (
    SELECT event.trace_seq, event.event_type, event.payload_json
    FROM dg_event_log AS event
    WHERE event.tenant_id = $1 AND event.trace_key = wanted.trace_key AND event.log_seq <= $3
      AND event.event_type IN ('InputObserved', 'EntityObserved', 'PolicyEvaluated')
    ORDER BY event.trace_seq DESC
    LIMIT 2000
) AS log
ORDER BY wanted.place, log.trace_seq
