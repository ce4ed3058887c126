SELECT edge_id, edge_type, from_node_id, to_node_id, trace_id, log_seq, created_at, edge_key, from_key, to_key, event_id
FROM dg_context_graph_edges
WHERE tenant_id = $1 AND slot = $2
ORDER BY edge_id
