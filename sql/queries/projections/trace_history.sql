-- The start, evaluations and exceptions of traces that finish now, as far as the log went before this batch. Without those
-- that the precedents do not hold.
SELECT log.tenant_id, log.log_seq, log.event_id, log.trace_id, log.trace_seq, log.event_type, log.occurred_at,
       log.occurred_instant, log.recorded_at, log.recorded_by, log.producer_id, log.source_system, log.source_subsystem,
       log.actor_type, log.actor_id, log.correlation_id, log.causation_event_id, log.idempotency_key, log.schema_version,
       log.payload_json, log.payload_hash, log.tags_json
FROM unnest($2::uuid[]) AS finishing (trace_key)
JOIN dg_event_log AS log ON log.tenant_id = $1 AND log.trace_key = finishing.trace_key
WHERE log.log_seq <= $3
  AND log.event_type IN ('TraceStarted', 'PolicyEvaluated', 'ExceptionRequested')
  AND NOT EXISTS (
      SELECT FROM dg_projection_failures failure
      WHERE failure.tenant_id = $1
        AND failure.projection_name = 'precedent_index'
        AND failure.log_seq = log.log_seq
        AND failure.status IN ('open', 'quarantined')
        AND failure.status = ANY ($4))
  AND log.log_seq <> ALL ($5::bigint[])
ORDER BY log.trace_key, log.trace_seq
