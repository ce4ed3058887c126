-- The first row in the order of the key that is not the same in both slots. $2 is the live one, $3 the scratch one.
SELECT coalesce(live.log_seq, fresh.log_seq)::text AS key,
       (to_jsonb(fresh) - 'tenant_id' - 'slot')::text AS expected,
       (to_jsonb(live) - 'tenant_id' - 'slot')::text AS actual
FROM (SELECT * FROM dg_precedent_index WHERE tenant_id = $1 AND slot = $2) AS live
FULL JOIN (SELECT * FROM dg_precedent_index WHERE tenant_id = $1 AND slot = $3) AS fresh ON fresh.log_seq = live.log_seq
WHERE live.log_seq IS NULL OR fresh.log_seq IS NULL
   OR (to_jsonb(live) - 'slot') IS DISTINCT FROM (to_jsonb(fresh) - 'slot')
ORDER BY coalesce(live.log_seq, fresh.log_seq)
LIMIT 1
