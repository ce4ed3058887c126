-- Stores the accepted events of one batch. The arrays run in parallel, one entry per event.
INSERT INTO dg_event_log (
    tenant_id, log_seq, trace_seq, schema_version, occurred_instant, recorded_at,
    event_key, trace_key, idempotency_hash,
    event_id, trace_id, event_type, occurred_at, recorded_by,
    producer_id, source_system, source_subsystem, actor_type, actor_id,
    correlation_id, causation_event_id, idempotency_key, tags_json,
    payload_hash, entry_hash, payload_json)
SELECT *
FROM unnest(
    $1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
    $7::uuid[], $8::uuid[], $9::uuid[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
    $15::text[], $16::text[], $17::text[], $18::text[], $19::text[],
    $20::text[], $21::text[], $22::text[], $23::text[],
    $24::bytea[], $25::bytea[], $26::text[])
