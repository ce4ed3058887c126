SELECT node_id, trace_id, log_seq, created_at
FROM dg_cg_nodes
WHERE tenant_id = $1 AND slot = $2 AND node_key = ANY ($3) AND log_seq <= $4
ORDER BY node_id
