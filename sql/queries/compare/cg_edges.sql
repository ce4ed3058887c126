-- The first row in the order of the key that is not the same in both slots. $2 is the live one, $3 the scratch one.
SELECT coalesce(live.edge_key, fresh.edge_key)::text AS key,
       (to_jsonb(fresh) - 'tenant_id' - 'slot')::text AS expected,
       (to_jsonb(live) - 'tenant_id' - 'slot')::text AS actual
FROM (SELECT * FROM dg_cg_edges WHERE tenant_id = $1 AND slot = $2) AS live
FULL JOIN (SELECT * FROM dg_cg_edges WHERE tenant_id = $1 AND slot = $3) AS fresh ON fresh.edge_key = live.edge_key
WHERE live.edge_key IS NULL OR fresh.edge_key IS NULL
   OR (to_jsonb(live) - 'slot') IS DISTINCT FROM (to_jsonb(fresh) - 'slot')
ORDER BY coalesce(live.edge_key, fresh.edge_key)
LIMIT 1
