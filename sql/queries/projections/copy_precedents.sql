COPY dg_precedent_index_slot{slot} (tenant_id, slot, log_seq, finished_log_seq, source_event_id, trace_id, policy_id,
    policy_version, exception_id, primary_entity_type, primary_entity_system, primary_entity_id)
FROM STDIN (FORMAT BINARY)
