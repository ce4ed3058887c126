-- Whole events at the given positions, in no order: the answers to repeated idempotency keys. As in lookup.sql, the order
-- asked for leaves the planner one index.
SELECT log.tenant_id, log.log_seq, log.event_id, log.trace_id, log.trace_seq, log.event_type, log.occurred_at,
       log.occurred_instant, log.recorded_at, log.recorded_by, log.producer_id, log.source_system, log.source_subsystem,
       log.actor_type, log.actor_id, log.correlation_id, log.causation_event_id, log.idempotency_key, log.schema_version,
       log.payload_json, log.payload_hash, log.tags_json
FROM unnest($1::text[], $2::bigint[]) AS wanted (tenant_id, log_seq)
CROSS JOIN LATERAL (
    SELECT *
    FROM dg_event_log AS log
    WHERE log.tenant_id = wanted.tenant_id AND log.log_seq >= wanted.log_seq
    ORDER BY log.log_seq
    LIMIT 1
) AS log
WHERE log.log_seq = wanted.log_seq
