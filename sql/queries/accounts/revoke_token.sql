-- The first revocation keeps its time.
UPDATE dg_tokens
SET revoked_at = coalesce(revoked_at, now())
WHERE account_id = $1 AND token_id = $2
RETURNING token_id, account_id, created_at, expires_at, revoked_at, last_used_at
