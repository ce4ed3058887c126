DELETE FROM dg_precedent_index
WHERE tenant_id = $1 AND slot = $2 AND log_seq = ANY ($3)
RETURNING source_event_id, log_seq, trace_id, policy_id, policy_version, exception_id, primary_entity_type,
          primary_entity_system, primary_entity_id, finished_log_seq
