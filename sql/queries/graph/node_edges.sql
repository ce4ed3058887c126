-- One page of a node's edges by position, then id; strictly after the cursor.
-- An event makes at most two edges, so two rows beyond the page are enough to get every edge of the last position.
SELECT edge_id, edge_type, from_node_id, to_node_id, trace_id, log_seq, created_at
FROM (
    SELECT touching.edge_type || ':' || source.node_id || ':' || target.node_id || ':' || touching.event_id AS edge_id,
           touching.edge_type,
           source.node_id AS from_node_id,
           target.node_id AS to_node_id,
           touching.trace_id,
           touching.log_seq,
           touching.created_at
    FROM (
        (SELECT out.* FROM dg_cg_edges out
         WHERE $4 AND out.tenant_id = $1 AND out.slot = $2 AND out.from_key = $3 AND out.log_seq BETWEEN $6 AND $9
         ORDER BY out.from_key, out.log_seq
         LIMIT $8::bigint + 3)
        UNION
        (SELECT inn.* FROM dg_cg_edges inn
         WHERE $5 AND inn.tenant_id = $1 AND inn.slot = $2 AND inn.to_key = $3 AND inn.log_seq BETWEEN $6 AND $9
         ORDER BY inn.to_key, inn.log_seq
         LIMIT $8::bigint + 3)
    ) AS touching
    CROSS JOIN LATERAL (
        SELECT node.node_id FROM dg_cg_nodes node
        WHERE node.tenant_id = $1 AND node.slot = $2 AND node.node_key = touching.from_key
        OFFSET 0
    ) AS source
    CROSS JOIN LATERAL (
        SELECT node.node_id FROM dg_cg_nodes node
        WHERE node.tenant_id = $1 AND node.slot = $2 AND node.node_key = touching.to_key
        OFFSET 0
    ) AS target
    OFFSET 0
) AS page
WHERE (log_seq, edge_id) > ($6, $7)
ORDER BY log_seq, edge_id
LIMIT $8::bigint
