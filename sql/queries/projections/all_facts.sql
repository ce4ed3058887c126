SELECT fact_key, millionths, started_instant, first_log_seq FROM dg_trace_facts WHERE tenant_id = $1 AND slot = $2
