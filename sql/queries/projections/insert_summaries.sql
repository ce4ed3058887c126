-- A trace starts once.
INSERT INTO dg_trace_summary
    (tenant_id, slot, trace_id, workflow, title, primary_entity_type, primary_entity_system, primary_entity_id,
     outcome, started_at, finished_at, event_count, last_log_seq)
SELECT $1, $2, new.*
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::integer[], $13::bigint[]) AS new
