UPDATE dg_trace_summary AS summary
SET outcome = new.outcome,
    finished_at = new.finished_at,
    event_count = summary.event_count + 1,
    last_log_seq = new.log_seq
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) AS new (trace_id, outcome, finished_at, log_seq)
WHERE summary.tenant_id = $1 AND summary.slot = $2 AND summary.trace_id = new.trace_id
