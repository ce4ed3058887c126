-- Edges that a later event brought in first, as they were before the earlier one takes its place.
UPDATE dg_cg_edges AS edge
SET from_key = new.from_key, to_key = new.to_key, log_seq = new.log_seq, edge_type = new.edge_type,
    event_id = new.event_id, trace_id = new.trace_id, created_at = new.created_at
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[])
         AS new (edge_key, from_key, to_key, log_seq, edge_type, event_id, trace_id, created_at)
JOIN dg_cg_edges AS old ON old.tenant_id = $1 AND old.slot = $2 AND old.edge_key = new.edge_key
WHERE edge.tenant_id = $1 AND edge.slot = $2 AND edge.edge_key = new.edge_key AND edge.log_seq > new.log_seq
RETURNING old.edge_key, old.from_key, old.to_key, old.log_seq, old.edge_type, old.event_id, old.trace_id, old.created_at
