COPY dg_trace_index_slot{slot} (tenant_id, slot, trace_id, companion, workflow, title, primary_entity_type,
    primary_entity_system, primary_entity_id, outcome, started_at, started_instant, finished_at, event_count,
    first_log_seq, last_log_seq, last_trace_seq, last_event_type, last_occurred_at, actors, policies, tags)
FROM STDIN (FORMAT BINARY)
