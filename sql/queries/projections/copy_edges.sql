COPY dg_cg_edges_slot{slot} (tenant_id, slot, edge_key, from_key, to_key, log_seq, edge_type, event_id, trace_id, created_at)
FROM STDIN (FORMAT BINARY)
