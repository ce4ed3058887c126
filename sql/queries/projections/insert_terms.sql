INSERT INTO dg_trace_terms (tenant_id, slot, term, started_instant, first_log_seq)
SELECT $1, $2, new.*
FROM unnest($3::text[], $4::timestamptz[], $5::bigint[]) AS new
ON CONFLICT DO NOTHING
RETURNING term, started_instant, first_log_seq
