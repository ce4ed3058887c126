-- The first event of each of some traces.
SELECT log.trace_id, log.payload_json
FROM unnest($2::uuid[]) AS wanted (trace_key)
CROSS JOIN LATERAL (
    SELECT log.trace_id, log.payload_json
    FROM dg_event_log AS log
    WHERE log.tenant_id = $1 AND log.trace_key = wanted.trace_key
    ORDER BY log.trace_seq
    LIMIT 1
) AS log
