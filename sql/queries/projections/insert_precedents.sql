INSERT INTO dg_precedent_index
    (tenant_id, slot, log_seq, finished_log_seq, source_event_id, trace_id, policy_id, policy_version, exception_id,
     primary_entity_type, primary_entity_system, primary_entity_id)
SELECT $1, $2, new.*
FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::text[], $12::text[]) AS new
