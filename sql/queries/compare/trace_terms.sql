-- The first row in the order of the key that is not in both slots. $2 is the live one, $3 the scratch one.
SELECT coalesce(live.term, fresh.term)::text AS key,
       (to_jsonb(fresh) - 'tenant_id' - 'slot')::text AS expected,
       (to_jsonb(live) - 'tenant_id' - 'slot')::text AS actual
FROM (SELECT * FROM dg_trace_terms WHERE tenant_id = $1 AND slot = $2) AS live
FULL JOIN (SELECT * FROM dg_trace_terms WHERE tenant_id = $1 AND slot = $3) AS fresh
    ON fresh.term = live.term AND fresh.started_instant = live.started_instant AND fresh.first_log_seq = live.first_log_seq
WHERE live.term IS NULL OR fresh.term IS NULL
ORDER BY coalesce(live.term, fresh.term), coalesce(live.started_instant, fresh.started_instant), coalesce(live.first_log_seq, fresh.first_log_seq)
LIMIT 1
