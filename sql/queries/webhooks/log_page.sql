-- What a filter looks at, of the events after $2 up to $3.
SELECT log_seq, event_type, trace_id
FROM dg_event_log
WHERE tenant_id = $1 AND log_seq > $2 AND log_seq <= $3
ORDER BY log_seq
LIMIT $4
