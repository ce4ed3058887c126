COPY dg_policy_eval_index (tenant_id, slot, index_key, log_seq, trace_id, policy_id, policy_version,
    event_id, created_at)
FROM STDIN (FORMAT BINARY)
