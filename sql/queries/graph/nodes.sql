-- One lookup per node: without statistics, a list of keys would be looked for in all nodes of the tenant.
SELECT found.node_id, found.trace_id, found.log_seq, found.created_at
FROM unnest($3::uuid[]) AS wanted (node_key)
CROSS JOIN LATERAL (
    SELECT node.* FROM dg_cg_nodes node
    WHERE node.tenant_id = $1 AND node.slot = $2 AND node.node_key = wanted.node_key AND node.log_seq <= $4
    OFFSET 0
) AS found
ORDER BY found.node_id
