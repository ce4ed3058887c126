-- The first revocation keeps its time and its name. Whether it was this one is told.
UPDATE dg_tokens AS token
SET revoked_at = coalesce(token.revoked_at, now()),
    revoked_by = CASE WHEN token.revoked_at IS NULL THEN $3 ELSE token.revoked_by END
FROM (SELECT token_id, revoked_at FROM dg_tokens WHERE account_id = $1 AND token_id = $2 FOR UPDATE) AS before
WHERE token.token_id = before.token_id
RETURNING token.token_id, token.account_id, token.created_at, token.expires_at, token.revoked_at, token.last_used_at,
          token.label, token.created_by, token.revoked_by, token.replaces, before.revoked_at IS NULL AS changed
