INSERT INTO dg_trace_facts (tenant_id, slot, fact_key, millionths, started_instant, first_log_seq)
SELECT $1, $2, new.*
FROM unnest($3::text[], $4::bigint[], $5::timestamptz[], $6::bigint[]) AS new
ON CONFLICT DO NOTHING
RETURNING fact_key, millionths, started_instant, first_log_seq
