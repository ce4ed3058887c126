-- Who can be chosen for an item: whoever may decide in the tenant and is not away, with the number of open items that they have.
SELECT account.account_id, account.roles,
       (SELECT count(*)
        FROM dg_workflow_items AS item
        WHERE item.tenant_id = $1 AND item.assigned_account_id = account.account_id
          AND item.status IN ('requested', 'changes_requested', 'escalated')) AS open_items
FROM dg_accounts AS account
WHERE NOT account.disabled
  AND account.tenant_ids && ARRAY[$1, '*']
  AND account.permissions && '{workflow_review,*}'::text[]
  AND account.roles && '{admin,writer}'::text[]
  AND NOT EXISTS (
      SELECT FROM dg_workflow_absences AS absence
      WHERE absence.tenant_id = $1 AND absence.account_id = account.account_id AND absence.from_at <= $2 AND absence.until_at > $2)
ORDER BY account.account_id
