-- Brings the end of a token that still counts to $3, unless it comes earlier anyway. No row for one that has ended.
UPDATE dg_tokens
SET expires_at = least(expires_at, $3)
WHERE account_id = $1 AND token_id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
RETURNING token_id, account_id, created_at, expires_at, revoked_at, last_used_at, label, created_by, revoked_by, replaces
