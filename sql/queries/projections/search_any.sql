-- All traces, latest start first.
SELECT started_instant, first_log_seq
FROM dg_trace_index
WHERE tenant_id = $1
  AND slot = $2
  AND (started_instant, first_log_seq) < ($4, $5)
  AND started_instant >= $6
ORDER BY started_instant DESC, first_log_seq DESC
