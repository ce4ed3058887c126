INSERT INTO dg_policy_eval_index
    (tenant_id, slot, index_key, log_seq, trace_id, policy_id, policy_version, event_id, created_at)
SELECT $1, $2, new.*
FROM unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) AS new
ON CONFLICT DO NOTHING
RETURNING index_key
