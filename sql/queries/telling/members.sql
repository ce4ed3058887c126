-- Of some accounts, those that may use the tenant.
SELECT account_id
FROM dg_accounts
WHERE account_id = ANY ($2::text[]) AND NOT disabled AND tenant_ids && ARRAY[$1, '*']
