-- The events of one case up to where the items were told about the log: those it was folded of, those of the traces that record
-- its reviews, and of the reviewed trace the first one or all. The lowest rank says why an event is here.
WITH wanted AS (
    SELECT action.log_seq, 0 AS rank
    FROM dg_workflow_actions AS action
    WHERE action.tenant_id = $1 AND action.workflow_key = $2
    UNION ALL
    SELECT log.log_seq, 1
    FROM dg_event_log AS log
    WHERE log.tenant_id = $1 AND log.trace_key = ANY ($3::uuid[])
    UNION ALL
    SELECT log.log_seq, 2
    FROM dg_event_log AS log
    WHERE log.tenant_id = $1 AND log.trace_key = $4 AND (log.trace_seq = 0 OR $5)
), picked AS (
    SELECT wanted.log_seq, min(wanted.rank) AS rank
    FROM wanted
    WHERE wanted.log_seq <= $6
    GROUP BY wanted.log_seq
)
SELECT log.tenant_id, log.log_seq, log.event_id, log.trace_id, log.trace_seq, log.event_type, log.occurred_at,
       log.occurred_instant, log.recorded_at, log.recorded_by, log.producer_id, log.source_system, log.source_subsystem,
       log.actor_type, log.actor_id, log.correlation_id, log.causation_event_id, log.idempotency_key, log.schema_version,
       log.payload_json, log.payload_hash, log.tags_json, log.entry_hash, picked.rank
FROM picked
JOIN dg_event_log AS log ON log.tenant_id = $1 AND log.log_seq = picked.log_seq
ORDER BY log.log_seq
