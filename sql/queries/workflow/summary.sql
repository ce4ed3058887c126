-- How many there are, of a whole tenant, from one index alone. Items that somebody holds count as being in review.
SELECT count(*) AS total_count,
       count(*) FILTER (WHERE state.open) AS open_count,
       count(*) FILTER (WHERE state.open AND sla_due_at < $2) AS overdue_count,
       count(*) FILTER (WHERE state.open AND sla_due_at >= $2 AND sla_due_at < $2 + interval '30 minutes') AS due_soon_count,
       count(*) FILTER (WHERE status = 'requested' AND claimed_by IS NULL) AS requested_count,
       count(*) FILTER (WHERE status = 'requested' AND claimed_by IS NOT NULL) AS in_review_count,
       count(*) FILTER (WHERE status = 'changes_requested') AS changes_requested_count,
       count(*) FILTER (WHERE status = 'escalated') AS escalated_count,
       count(*) FILTER (WHERE status = 'approved') AS approved_count,
       count(*) FILTER (WHERE status = 'rejected') AS rejected_count,
       count(*) FILTER (WHERE status = 'overridden') AS overridden_count,
       (SELECT count(*) FROM dg_workflow_notifications AS notification WHERE notification.tenant_id = $1) AS notification_count,
       min(requested_at) FILTER (WHERE state.open) AS oldest_open_at
FROM dg_workflow_items
CROSS JOIN LATERAL (SELECT status IN ('requested', 'changes_requested', 'escalated') AS open) AS state
WHERE tenant_id = $1
