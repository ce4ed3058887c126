-- Whether an act was carried out already.
SELECT log_seq, resulting_status, source_event_id
FROM dg_workflow_actions
WHERE tenant_id = $1 AND action_id = $2
