-- What somebody's queues hold. Snoozed items are in none but their own.
SELECT count(*) FILTER (WHERE open AND NOT snoozed AND (item.assigned_account_id = $3 OR item.claimed_by = $3)) AS mine,
       count(*) FILTER (WHERE open AND NOT snoozed AND item.assigned_account_id IS NULL AND item.assigned_role = ANY ($4)) AS my_roles,
       count(*) FILTER (WHERE open AND NOT snoozed AND item.assigned_account_id IS NULL AND item.claimed_by IS NULL) AS unassigned,
       count(*) FILTER (WHERE open AND NOT snoozed AND item.sla_due_at < $2) AS overdue,
       count(*) FILTER (WHERE open AND NOT snoozed AND item.sla_due_at >= $2 AND item.sla_due_at < $2 + interval '30 minutes') AS due_soon,
       count(*) FILTER (WHERE NOT snoozed AND item.status = 'escalated') AS escalated,
       count(*) FILTER (WHERE NOT snoozed AND item.status = 'changes_requested') AS changes_requested,
       count(*) FILTER (WHERE item.status = 'changes_requested' AND item.requested_by = $3) AS waiting_for_requester,
       count(*) FILTER (WHERE open AND snoozed) AS snoozed,
       count(*) FILTER (WHERE item.resolved_at >= $2 - interval '7 days') AS recently_closed,
       count(*) FILTER (WHERE open) AS all_open
FROM dg_workflow_items AS item
LEFT JOIN dg_workflow_snoozes AS snooze
    ON snooze.tenant_id = item.tenant_id AND snooze.account_id = $3 AND snooze.workflow_key = item.workflow_key
       AND snooze.until > $2
CROSS JOIN LATERAL (SELECT item.resolved_at IS NULL AS open, snooze.until IS NOT NULL AS snoozed) AS state
WHERE item.tenant_id = $1 AND (item.resolved_at IS NULL OR item.resolved_at >= $2 - interval '7 days')
