-- What a trace observed before a position, the latest two thousand, oldest first.
SELECT latest.payload_json
FROM (
    SELECT log.trace_seq, log.payload_json
    FROM dg_event_log AS log
    WHERE log.tenant_id = $1 AND log.trace_key = $2 AND log.log_seq < $3
      AND log.event_type IN ('InputObserved', 'EntityObserved')
    ORDER BY log.trace_seq DESC
    LIMIT 2000
) AS latest
ORDER BY latest.trace_seq
