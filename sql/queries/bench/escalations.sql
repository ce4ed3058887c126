-- What the clock escalated, of all tenants, with the deadline that each is about.
SELECT log.tenant_id,
       said.payload ->> 'workflow_id' AS workflow_id,
       (said.payload ->> 'escalation_level')::bigint AS level,
       (said.payload ->> 'sla_due_at')::timestamptz AS due_at,
       log.recorded_at
FROM dg_event_log AS log
CROSS JOIN LATERAL (SELECT log.payload_json::jsonb AS payload) AS said
WHERE log.event_type = 'WorkflowActionRecorded'
  AND log.recorded_by = 'workflow-sla'
  AND said.payload ->> 'action_type' = 'escalate'
ORDER BY due_at, log.tenant_id, log.log_seq
