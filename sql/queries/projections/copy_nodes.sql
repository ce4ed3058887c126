COPY dg_cg_nodes_slot{slot} (tenant_id, slot, node_key, log_seq, node_id, trace_id, created_at)
FROM STDIN (FORMAT BINARY)
