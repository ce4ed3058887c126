-- Newest activity first; the position of the latest event is unique, so it is the page's edge.
SELECT trace_id, companion, workflow, title, primary_entity_type, primary_entity_system, primary_entity_id, outcome,
       started_at, started_instant, finished_at, event_count, first_log_seq, last_log_seq, last_trace_seq, last_event_type,
       last_occurred_at, actors, policies, tags
FROM dg_trace_index
WHERE tenant_id = $1
  AND slot = $2
  AND last_log_seq < $3
  AND (companion = false OR $4)
  AND ($5::text IS NULL OR workflow = $5)
  AND ($6::text IS NULL OR outcome = $6)
  AND ($7::boolean IS NULL OR (outcome IS NOT NULL) = $7)
  AND ($8::text IS NULL OR primary_entity_type = $8)
  AND ($9::text IS NULL OR primary_entity_id = $9)
ORDER BY last_log_seq DESC
LIMIT $10
