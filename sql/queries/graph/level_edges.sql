-- All edges that touch one level of a walk, by edge_id. A self loop and an edge within the level come once.
SELECT edge_id, edge_type, from_node_id, to_node_id, trace_id, log_seq, created_at
FROM (
    SELECT out.* FROM dg_context_graph_edges out
    WHERE out.tenant_id = $1 AND out.generation = $2 AND out.from_key = ANY ($3)
    UNION
    SELECT inn.* FROM dg_context_graph_edges inn
    WHERE inn.tenant_id = $1 AND inn.generation = $2 AND inn.to_key = ANY ($3)
) AS touching
WHERE $4::text[] IS NULL OR edge_type = ANY ($4)
ORDER BY edge_id
LIMIT $5
