-- A notification of an account was seen, and all that came before it.
UPDATE dg_workflow_recipients AS recipient
SET read_at = now()
FROM dg_workflow_recipients AS last
WHERE last.tenant_id = $1 AND last.account_id = $2 AND last.notification_id = $3
  AND recipient.tenant_id = $1 AND recipient.account_id = $2 AND recipient.read_at IS NULL
  AND (recipient.told_at, recipient.notification_id) <= (last.told_at, last.notification_id)
