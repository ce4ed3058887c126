-- First writer wins: an edge that exists is never touched.
INSERT INTO dg_cg_edges
    (tenant_id, slot, edge_key, from_key, to_key, log_seq, edge_type, event_id, trace_id, created_at)
SELECT $1, $2, new.*
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[]) AS new
ON CONFLICT DO NOTHING
RETURNING edge_key
