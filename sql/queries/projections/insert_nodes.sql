-- First writer wins: a node that exists is never touched.
INSERT INTO dg_cg_nodes (tenant_id, slot, node_key, log_seq, node_id, trace_id, created_at)
SELECT $1, $2, new.*
FROM unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[]) AS new
ON CONFLICT DO NOTHING
RETURNING node_key
