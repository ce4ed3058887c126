-- The traces of one short list, latest start first, each asked whether it has what else is wanted. $11 says which list.
-- The probes are scalar: an EXISTS could be turned into a join over all terms when the statistics are of another time.
SELECT started_instant, first_log_seq
FROM (
    SELECT started_instant, first_log_seq
    FROM dg_trace_terms
    WHERE tenant_id = $1
      AND slot = $2
      AND term = ($3::text[])[$11::integer]
      AND (started_instant, first_log_seq) < ($4, $5)
      AND started_instant >= $6
    UNION
    SELECT started_instant, first_log_seq
    FROM (
        SELECT started_instant, first_log_seq
        FROM dg_trace_facts
        WHERE tenant_id = $1
          AND slot = $2
          AND fact_key = ($7::text[])[$11::integer]
          AND millionths BETWEEN ($8::bigint[])[$11::integer] AND ($9::bigint[])[$11::integer]
        ORDER BY millionths, started_instant, first_log_seq
        OFFSET 0
    ) AS having_number
    WHERE (started_instant, first_log_seq) < ($4, $5)
      AND started_instant >= $6
    ORDER BY started_instant DESC, first_log_seq DESC
    OFFSET 0
) AS trace
WHERE (
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
ORDER BY started_instant DESC, first_log_seq DESC
LIMIT $10
