-- Accounts that may use the tenant and are named or have one of the roles, with what they want to be told.
SELECT account.account_id, account.roles, preferences.email, preferences.preferences_json
FROM dg_accounts AS account
LEFT JOIN dg_workflow_preferences AS preferences
    ON preferences.tenant_id = $1 AND preferences.account_id = account.account_id
WHERE NOT account.disabled
  AND account.tenant_ids && ARRAY[$1, '*']
  AND (account.account_id = ANY ($2::text[]) OR account.roles && $3::text[])
ORDER BY account.account_id
