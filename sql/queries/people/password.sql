-- What a password is checked against. No row for programs and for people without one.
SELECT account.account_id, account.kind, account.display_name, account.owner_id, account.roles, account.permissions, account.tenant_ids,
       account.disabled, account.created_at, account.created_by,
       password.phc, password.must_change
FROM dg_accounts AS account
JOIN dg_passwords AS password ON password.account_id = account.account_id
WHERE account.account_id = $1 AND account.kind = 'person'
