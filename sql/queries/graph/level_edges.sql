-- All edges that touch one level of a walk, by edge_id. A self loop and an edge within the level come once.
-- Each step is fenced (OFFSET 0): first the level's nodes by key, then the edges by their end's index. Otherwise statistics
-- from before the tables grew would start from the nodes and read all of them.
-- A hub has thousands of edges, and all of their ids are needed to find the first ones. So ends are looked up only where
-- nothing else tells: one end is in the level, and all but two types of edges start at the trace of their event. The first
-- ones of both directions are cut before the two are united: what is first in all is first in its own.
SELECT edge_id, edge_type, from_node_id, to_node_id, trace_id, log_seq, created_at
FROM (
    (SELECT out.edge_type || ':' || level.node_id || ':' || out.to_node_id || ':' || out.event_id AS edge_id,
            out.edge_key, out.edge_type, level.node_id AS from_node_id, out.to_node_id,
            out.event_id, out.trace_id, out.log_seq, out.created_at
    FROM unnest($3::uuid[]) AS frontier (node_key)
    CROSS JOIN LATERAL (
        SELECT node.node_id FROM dg_cg_nodes node
        WHERE node.tenant_id = $1 AND node.slot = $2 AND node.node_key = frontier.node_key
        OFFSET 0
    ) AS level
    CROSS JOIN LATERAL (
        SELECT edge.edge_key, edge.edge_type, edge.event_id, edge.trace_id, edge.log_seq, edge.created_at,
               (SELECT node.node_id FROM dg_cg_nodes node
                WHERE node.tenant_id = $1 AND node.slot = $2 AND node.node_key = edge.to_key) AS to_node_id
        FROM dg_cg_edges edge
        WHERE edge.tenant_id = $1 AND edge.slot = $2 AND edge.from_key = frontier.node_key
          AND edge.log_seq <= $6
        ORDER BY edge.from_key, edge.log_seq
        OFFSET 0
    ) AS out
    WHERE $4::text[] IS NULL OR out.edge_type = ANY ($4)
    ORDER BY 1
    LIMIT $5)
    UNION
    (SELECT inn.edge_type || ':' || inn.from_node_id || ':' || level.node_id || ':' || inn.event_id AS edge_id,
            inn.edge_key, inn.edge_type, inn.from_node_id, level.node_id AS to_node_id,
            inn.event_id, inn.trace_id, inn.log_seq, inn.created_at
    FROM unnest($3::uuid[]) AS frontier (node_key)
    CROSS JOIN LATERAL (
        SELECT node.node_id FROM dg_cg_nodes node
        WHERE node.tenant_id = $1 AND node.slot = $2 AND node.node_key = frontier.node_key
        OFFSET 0
    ) AS level
    CROSS JOIN LATERAL (
        SELECT edge.edge_key, edge.edge_type, edge.event_id, edge.trace_id, edge.log_seq, edge.created_at,
               CASE WHEN edge.edge_type IN ('action_targets_entity', 'exception_approved_by')
                    THEN (SELECT node.node_id FROM dg_cg_nodes node
                          WHERE node.tenant_id = $1 AND node.slot = $2 AND node.node_key = edge.from_key)
                    ELSE 'trace:' || edge.trace_id
               END AS from_node_id
        FROM dg_cg_edges edge
        WHERE edge.tenant_id = $1 AND edge.slot = $2 AND edge.to_key = frontier.node_key
          AND edge.log_seq <= $6
        ORDER BY edge.to_key, edge.log_seq
        OFFSET 0
    ) AS inn
    WHERE $4::text[] IS NULL OR inn.edge_type = ANY ($4)
    ORDER BY 1
    LIMIT $5)
) AS touching
ORDER BY edge_id
LIMIT $5
