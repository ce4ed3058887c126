SELECT token_id, account_id, created_at, expires_at, revoked_at, last_used_at, label, created_by, revoked_by, replaces
FROM dg_tokens
WHERE account_id = $1
ORDER BY created_at, token_id
