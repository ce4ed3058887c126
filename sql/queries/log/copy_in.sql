-- The same columns as the append stage writes, for bulk copies in binary form.
COPY dg_event_log (
    tenant_id, log_seq, trace_seq, schema_version, occurred_instant, recorded_at,
    event_key, trace_key, idempotency_hash,
    event_id, trace_id, event_type, occurred_at, recorded_by,
    producer_id, source_system, source_subsystem, actor_type, actor_id,
    correlation_id, causation_event_id, idempotency_key, tags_json,
    payload_hash, entry_hash, payload_json)
FROM STDIN (FORMAT binary)
