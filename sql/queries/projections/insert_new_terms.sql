-- Terms of traces that begin: nothing of them can be there.
INSERT INTO dg_trace_terms (tenant_id, slot, term, started_instant, first_log_seq)
SELECT $1, $2, new.*
FROM unnest($3::text[], $4::timestamptz[], $5::bigint[]) AS new
