COPY dg_trace_summary_slot{slot} (tenant_id, slot, trace_id, workflow, title, primary_entity_type, primary_entity_system,
    primary_entity_id, outcome, started_at, finished_at, event_count, last_log_seq)
FROM STDIN (FORMAT BINARY)
