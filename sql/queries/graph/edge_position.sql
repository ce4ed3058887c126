SELECT log_seq FROM dg_cg_edges WHERE tenant_id = $1 AND slot = $2 AND edge_key = $3 AND log_seq <= $4
