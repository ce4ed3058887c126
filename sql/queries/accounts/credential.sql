SELECT account.account_id, account.kind, account.display_name, account.owner_id, account.roles, account.permissions, account.tenant_ids,
       account.disabled, account.created_at, account.created_by,
       token.token_id, token.created_at AS token_created_at, token.expires_at, token.revoked_at, token.last_used_at,
       token.label, token.created_by AS token_created_by, token.revoked_by, token.replaces, token.secret_sha256
FROM dg_tokens AS token
JOIN dg_accounts AS account ON account.account_id = token.account_id
WHERE token.token_id = $1
