-- Nodes that a later event brought in first, as they were before the earlier one takes its place.
UPDATE dg_cg_nodes AS node
SET log_seq = new.log_seq, trace_id = new.trace_id, created_at = new.created_at
FROM unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[])
         AS new (node_key, log_seq, node_id, trace_id, created_at)
JOIN dg_cg_nodes AS old ON old.tenant_id = $1 AND old.slot = $2 AND old.node_key = new.node_key
WHERE node.tenant_id = $1 AND node.slot = $2 AND node.node_key = new.node_key AND node.log_seq > new.log_seq
RETURNING old.node_key, old.log_seq, old.node_id, old.trace_id, old.created_at
