-- Takes the key for a request, also from one that nobody finished in time or that is too old to matter. No row when it is taken.
INSERT INTO dg_idempotency_keys AS held (tenant_id, account_id, key_sha256, request_sha256, claimed_at)
VALUES ($1, $2, $3, $4, now())
ON CONFLICT (tenant_id, account_id, key_sha256) DO UPDATE
SET request_sha256 = excluded.request_sha256,
    claimed_at = excluded.claimed_at,
    status = NULL,
    body = NULL
WHERE held.claimed_at < now() - make_interval(secs => CASE WHEN held.status IS NULL THEN $5::float8 ELSE $6::float8 END)
RETURNING true
