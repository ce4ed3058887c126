-- What was done with items after a position, in order, and where each item stands now.
SELECT action.log_seq, action.action_id, action.action_type, action.actor_type, action.actor_id, action.actor_account_id,
       action.note, action.payload_json, action.source_event_id, action.resulting_status, action.round, action.created_at,
       item.workflow_id, item.trace_id, item.version, item.priority_rank, item.assigned_account_id, item.assigned_role,
       item.sla_due_at, action.source_event_id = item.item_json::json ->> 'created_from_event_id' AS is_first
FROM dg_workflow_actions AS action
JOIN dg_workflow_items AS item ON item.tenant_id = action.tenant_id AND item.workflow_key = action.workflow_key
WHERE action.tenant_id = $1 AND action.log_seq > $2
  AND ($3::uuid IS NULL OR action.workflow_key = $3)
  AND ($4::uuid IS NULL OR item.trace_key = $4)
ORDER BY action.log_seq
LIMIT $5
