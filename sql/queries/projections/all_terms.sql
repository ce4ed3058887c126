SELECT term, started_instant, first_log_seq FROM dg_trace_terms WHERE tenant_id = $1 AND slot = $2
