-- No row when there is no such account, or such a token already.
INSERT INTO dg_tokens (token_id, account_id, secret_sha256, expires_at, label, created_by, replaces)
SELECT $1, account.account_id, $3, $4, $5, $6, $7
FROM dg_accounts AS account
WHERE account.account_id = $2
ON CONFLICT (token_id) DO NOTHING
RETURNING token_id, account_id, created_at, expires_at, revoked_at, last_used_at, label, created_by, revoked_by, replaces
