-- A page of one trace by log position. Within a trace both positions rise together, so the order may be that of the
-- index on the trace, which keeps the planner from reading the whole log.
SELECT log.tenant_id, log.log_seq, log.event_id, log.trace_id, log.trace_seq, log.event_type, log.occurred_at,
       log.occurred_instant, log.recorded_at, log.recorded_by, log.producer_id, log.source_system, log.source_subsystem,
       log.actor_type, log.actor_id, log.correlation_id, log.causation_event_id, log.idempotency_key, log.schema_version,
       log.payload_json, log.payload_hash, log.tags_json
FROM dg_event_log AS log
WHERE log.tenant_id = $1
  AND log.trace_key = $6
  AND log.trace_id = $7
  AND log.log_seq > $2
  AND ($3::bigint IS NULL OR log.log_seq <= $3)
  AND ($4::text IS NULL OR log.event_type = $4)
ORDER BY log.trace_seq
LIMIT $5
