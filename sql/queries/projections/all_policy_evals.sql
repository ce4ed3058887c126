SELECT trace_id, policy_id, policy_version, event_id, log_seq, created_at
FROM dg_policy_eval_index
WHERE tenant_id = $1 AND slot = $2
