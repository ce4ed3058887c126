-- Every person with what is known of their password and of when they were last here.
SELECT account.account_id, account.kind, account.display_name, account.owner_id, account.roles, account.permissions, account.tenant_ids,
       account.disabled, account.created_at, account.created_by,
       password.changed_at, password.must_change,
       (SELECT max(session.last_seen_at) FROM dg_sessions AS session WHERE session.account_id = account.account_id) AS last_seen_at
FROM dg_accounts AS account
LEFT JOIN dg_passwords AS password ON password.account_id = account.account_id
WHERE account.kind = 'person' AND ($1::text IS NULL OR account.account_id = $1)
ORDER BY account.account_id
