-- Forgets the tenant's keys that are older than they are kept for.
DELETE FROM dg_idempotency_keys
WHERE tenant_id = $1 AND claimed_at < now() - make_interval(secs => $2)
