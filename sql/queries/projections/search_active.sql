-- Newest activity first, each trace asked whether it has what is wanted: for searches that many traces answer.
-- The probes are scalar: an EXISTS could be turned into a join over all terms when the statistics are of another time.
SELECT trace_id, companion, workflow, title, primary_entity_type, primary_entity_system, primary_entity_id, outcome,
       started_at, started_instant, finished_at, event_count, first_log_seq, last_log_seq, last_trace_seq,
       last_event_type, last_occurred_at, actors, policies, tags
FROM dg_trace_index AS trace
WHERE tenant_id = $1
  AND slot = $2
  AND last_log_seq < $11
  AND (started_instant, first_log_seq) < ($4, $5)
  AND started_instant >= $6
  AND (
    SELECT coalesce(bool_and(wanted.present = coalesce(
        (SELECT true
         FROM dg_trace_terms AS term
         WHERE term.tenant_id = $1
           AND term.slot = $2
           AND term.term = wanted.term
           AND term.started_instant = trace.started_instant
           AND term.first_log_seq = trace.first_log_seq
         LIMIT 1),
        (SELECT true
         FROM dg_trace_facts AS fact
         WHERE fact.tenant_id = $1
           AND fact.slot = $2
           AND fact.fact_key = wanted.fact_key
           AND fact.started_instant = trace.started_instant
           AND fact.first_log_seq = trace.first_log_seq
           AND fact.millionths BETWEEN wanted.low AND wanted.high
         LIMIT 1),
        false)), true)
    FROM unnest($3::text[], $7::text[], $8::bigint[], $9::bigint[], $12::boolean[])
        AS wanted (term, fact_key, low, high, present)
  )
ORDER BY last_log_seq DESC
LIMIT $10
