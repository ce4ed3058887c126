-- The traces that have a number of a key in a range, latest start first; one that has several may come several times.
SELECT started_instant, first_log_seq
FROM dg_trace_facts
WHERE tenant_id = $1
  AND slot = $2
  AND fact_key = ($7::text[])[{at}]
  AND millionths BETWEEN ($8::bigint[])[{at}] AND ($9::bigint[])[{at}]
  AND (started_instant, first_log_seq) < ($4, $5)
  AND started_instant >= $6
ORDER BY started_instant DESC, first_log_seq DESC
