-- How many traces each condition has in its list, counted up to a few hundred.
SELECT (
    SELECT count(*)
    FROM (
        SELECT
        FROM dg_trace_terms
        WHERE tenant_id = $1 AND slot = $2 AND term = wanted.term
        LIMIT $7
    ) AS having_term
) + (
    SELECT count(*)
    FROM (
        SELECT
        FROM dg_trace_facts
        WHERE tenant_id = $1
          AND slot = $2
          AND fact_key = wanted.fact_key
          AND millionths BETWEEN wanted.low AND wanted.high
        ORDER BY millionths, started_instant, first_log_seq
        LIMIT $7
    ) AS having_number
)
FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[]) WITH ORDINALITY AS wanted (term, fact_key, low, high, place)
ORDER BY wanted.place
