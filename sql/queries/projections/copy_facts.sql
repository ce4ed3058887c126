COPY dg_trace_facts_slot{slot} (tenant_id, slot, fact_key, millionths, started_instant, first_log_seq)
FROM STDIN (FORMAT BINARY)
