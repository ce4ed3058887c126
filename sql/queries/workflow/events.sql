-- What the items have not been told yet, oldest first: the managed types of events between two positions.
SELECT log.tenant_id, log.log_seq, log.event_id, log.trace_id, log.trace_seq, log.event_type, log.occurred_at,
       log.occurred_instant, log.recorded_at, log.recorded_by, log.producer_id, log.source_system, log.source_subsystem,
       log.actor_type, log.actor_id, log.correlation_id, log.causation_event_id, log.idempotency_key, log.schema_version,
       log.payload_json, log.payload_hash, log.tags_json
FROM dg_event_log AS log
WHERE log.tenant_id = $1
  AND log.log_seq > $2
  AND log.log_seq <= $3
  AND log.event_type IN ('ExceptionRequested', 'ApprovalRecorded', 'WorkflowReviewRequested', 'WorkflowActionRecorded')
ORDER BY log.log_seq
LIMIT $4
