-- The first row in the order of the key that is not the same in both slots. $2 is the live one, $3 the scratch one.
SELECT coalesce(live.node_key, fresh.node_key)::text AS key,
       (to_jsonb(fresh) - 'tenant_id' - 'slot')::text AS expected,
       (to_jsonb(live) - 'tenant_id' - 'slot')::text AS actual
FROM (SELECT * FROM dg_cg_nodes WHERE tenant_id = $1 AND slot = $2) AS live
FULL JOIN (SELECT * FROM dg_cg_nodes WHERE tenant_id = $1 AND slot = $3) AS fresh ON fresh.node_key = live.node_key
WHERE live.node_key IS NULL OR fresh.node_key IS NULL
   OR (to_jsonb(live) - 'slot') IS DISTINCT FROM (to_jsonb(fresh) - 'slot')
ORDER BY coalesce(live.node_key, fresh.node_key)
LIMIT 1
