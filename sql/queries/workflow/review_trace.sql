-- What a dry run reads of a trace: its first event, and the latest two thousand of the types that it knows, oldest first.
SELECT picked.event_type, picked.payload_json
FROM (
    SELECT log.trace_seq, log.event_type, log.payload_json
    FROM dg_event_log AS log
    WHERE log.tenant_id = $1 AND log.trace_key = $2 AND log.trace_seq = 0
    UNION ALL
    (SELECT log.trace_seq, log.event_type, log.payload_json
     FROM dg_event_log AS log
     WHERE log.tenant_id = $1 AND log.trace_key = $2 AND log.trace_seq > 0
       AND log.event_type IN ('PolicyEvaluated', 'ExceptionRequested', 'ApprovalRecorded', 'ActionCommitted', 'TraceFinished')
     ORDER BY log.trace_seq DESC
     LIMIT 2000)
) AS picked
ORDER BY picked.trace_seq
