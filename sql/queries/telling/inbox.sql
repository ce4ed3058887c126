-- An account's notifications, what came last first, before the one at ($6, $7).
SELECT notice.notification_id, notice.workflow_id, notice.trace_id, notice.category, notice.message, notice.payload_json,
       notice.created_at, recipient.instead_of, recipient.told_at, recipient.read_at
FROM dg_workflow_recipients AS recipient
JOIN dg_workflow_notifications AS notice
    ON notice.tenant_id = recipient.tenant_id AND notice.notification_id = recipient.notification_id
WHERE recipient.tenant_id = $1 AND recipient.account_id = $2
  AND ($3::boolean IS NULL OR (recipient.read_at IS NULL) = $3)
  AND ($4::text[] IS NULL OR notice.category = ANY ($4))
  AND ($5::uuid IS NULL OR notice.workflow_key = $5)
  AND (recipient.told_at, recipient.notification_id)
      < (coalesce($6::timestamptz, 'infinity'), coalesce($7::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
ORDER BY recipient.told_at DESC, recipient.notification_id DESC
LIMIT $8
