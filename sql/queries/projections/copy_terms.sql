COPY dg_trace_terms_slot{slot} (tenant_id, slot, term, started_instant, first_log_seq)
FROM STDIN (FORMAT BINARY)
