-- What was done with an item, in order.
SELECT log_seq, action_id, action_type, actor_type, actor_id, actor_account_id, note, payload_json, source_event_id,
       resulting_status, round, created_at
FROM dg_workflow_actions
WHERE tenant_id = $1 AND workflow_key = $2 AND log_seq > $3
ORDER BY log_seq
LIMIT $4
