SELECT node_id, trace_id, log_seq, created_at, node_key
FROM dg_cg_nodes
WHERE tenant_id = $1 AND slot = $2
ORDER BY node_id
