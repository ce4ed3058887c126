-- Notes the last use, at most once a minute per token, so that a busy caller does not become a busy row.
UPDATE dg_tokens
SET last_used_at = now()
WHERE token_id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
