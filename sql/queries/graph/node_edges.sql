-- One page of a node's edges by position, then id; strictly after the cursor.
SELECT edge_id, edge_type, from_node_id, to_node_id, trace_id, log_seq, created_at
FROM (
    SELECT out.* FROM dg_context_graph_edges out
    WHERE $4 AND out.tenant_id = $1 AND out.generation = $2 AND out.from_key = $3 AND out.log_seq >= $6
    UNION
    SELECT inn.* FROM dg_context_graph_edges inn
    WHERE $5 AND inn.tenant_id = $1 AND inn.generation = $2 AND inn.to_key = $3 AND inn.log_seq >= $6
) AS touching
WHERE (log_seq, edge_id) > ($6, $7)
ORDER BY log_seq, edge_id
LIMIT $8
