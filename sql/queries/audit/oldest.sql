-- Oldest first, after row $1. A list of tenants that is null stands for everything, also what is about no tenant.
SELECT audit_seq, recorded_at, kind, action, outcome, principal, agent, about_tenant, subject, request_id, address,
       details_json, previous_hash, entry_hash
FROM dg_audit
WHERE audit_seq > $1
  AND ($2::text IS NULL OR kind = $2)
  AND ($3::text IS NULL OR action = $3)
  AND ($4::text IS NULL OR outcome = $4)
  AND ($5::text IS NULL OR principal = $5)
  AND ($6::text IS NULL OR subject = $6)
  AND ($7::text[] IS NULL OR about_tenant = ANY ($7))
  AND ($8::timestamptz IS NULL OR recorded_at >= $8)
  AND ($9::timestamptz IS NULL OR recorded_at < $9)
ORDER BY audit_seq ASC
LIMIT $10
