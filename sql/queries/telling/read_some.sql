-- Some notifications of an account were seen.
UPDATE dg_workflow_recipients
SET read_at = now()
WHERE tenant_id = $1 AND account_id = $2 AND notification_id = ANY ($3::uuid[]) AND read_at IS NULL
