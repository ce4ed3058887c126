-- The first row in the order of the key that is not in both slots. $2 is the live one, $3 the scratch one.
SELECT coalesce(live.fact_key, fresh.fact_key)::text AS key,
       (to_jsonb(fresh) - 'tenant_id' - 'slot')::text AS expected,
       (to_jsonb(live) - 'tenant_id' - 'slot')::text AS actual
FROM (SELECT * FROM dg_trace_facts WHERE tenant_id = $1 AND slot = $2) AS live
FULL JOIN (SELECT * FROM dg_trace_facts WHERE tenant_id = $1 AND slot = $3) AS fresh
    ON fresh.fact_key = live.fact_key AND fresh.millionths = live.millionths AND fresh.started_instant = live.started_instant AND fresh.first_log_seq = live.first_log_seq
WHERE live.fact_key IS NULL OR fresh.fact_key IS NULL
ORDER BY coalesce(live.fact_key, fresh.fact_key), coalesce(live.millionths, fresh.millionths), coalesce(live.started_instant, fresh.started_instant), coalesce(live.first_log_seq, fresh.first_log_seq)
LIMIT 1
