DELETE FROM dg_trace_summary
WHERE tenant_id = $1 AND slot = $2 AND trace_id = $3
RETURNING trace_id, workflow, title, primary_entity_type, primary_entity_system, primary_entity_id, outcome, started_at,
          finished_at, event_count, last_log_seq
