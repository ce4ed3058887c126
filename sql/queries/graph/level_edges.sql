-- All edges that touch one level of a walk, by edge_id. A self loop and an edge within the level come once.
-- Each step is fenced (OFFSET 0): first the edges by their end's index, then the two node ids by key. Otherwise statistics
-- from before the tables grew would start from the nodes and read all of them.
SELECT touching.edge_type || ':' || source.node_id || ':' || target.node_id || ':' || touching.event_id AS edge_id,
       touching.edge_type,
       source.node_id AS from_node_id,
       target.node_id AS to_node_id,
       touching.trace_id,
       touching.log_seq,
       touching.created_at
FROM (
    SELECT out.edge_key, out.edge_type, out.from_key, out.to_key, out.event_id, out.trace_id, out.log_seq, out.created_at
    FROM unnest($3::uuid[]) AS frontier (node_key)
    CROSS JOIN LATERAL (
        SELECT edge.* FROM dg_cg_edges edge
        WHERE edge.tenant_id = $1 AND edge.slot = $2 AND edge.from_key = frontier.node_key
          AND edge.log_seq <= $6
        ORDER BY edge.from_key, edge.log_seq
        OFFSET 0
    ) AS out
    WHERE $4::text[] IS NULL OR out.edge_type = ANY ($4)
    UNION
    SELECT inn.edge_key, inn.edge_type, inn.from_key, inn.to_key, inn.event_id, inn.trace_id, inn.log_seq, inn.created_at
    FROM unnest($3::uuid[]) AS frontier (node_key)
    CROSS JOIN LATERAL (
        SELECT edge.* FROM dg_cg_edges edge
        WHERE edge.tenant_id = $1 AND edge.slot = $2 AND edge.to_key = frontier.node_key
          AND edge.log_seq <= $6
        ORDER BY edge.to_key, edge.log_seq
        OFFSET 0
    ) AS inn
    WHERE $4::text[] IS NULL OR inn.edge_type = ANY ($4)
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
ORDER BY edge_id
LIMIT $5
