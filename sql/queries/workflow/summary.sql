-- How many there are, of a whole tenant, from what is counted while items change. What depends on the moment, $2, is looked up in
-- indexes that hold open items alone. Items that somebody holds count as being in review.
WITH counted AS (
    SELECT coalesce(sum(items), 0)::bigint AS total,
           coalesce(sum(items) FILTER (WHERE status IN ('requested', 'changes_requested', 'escalated')), 0)::bigint AS open,
           coalesce(sum(items) FILTER (WHERE status = 'requested'), 0)::bigint AS requested,
           coalesce(sum(items) FILTER (WHERE status = 'changes_requested'), 0)::bigint AS changes_requested,
           coalesce(sum(items) FILTER (WHERE status = 'escalated'), 0)::bigint AS escalated,
           coalesce(sum(items) FILTER (WHERE status = 'approved'), 0)::bigint AS approved,
           coalesce(sum(items) FILTER (WHERE status = 'rejected'), 0)::bigint AS rejected,
           coalesce(sum(items) FILTER (WHERE status = 'overridden'), 0)::bigint AS overridden
    FROM dg_workflow_counts
    WHERE tenant_id = $1
), held AS (
    SELECT count(*) AS items
    FROM dg_workflow_items
    WHERE tenant_id = $1 AND claimed_by IS NOT NULL AND status = 'requested'
), due AS (
    SELECT count(*) FILTER (WHERE sla_due_at < $2) AS overdue, count(*) FILTER (WHERE sla_due_at >= $2) AS soon
    FROM dg_workflow_items
    WHERE tenant_id = $1
      AND status IN ('requested', 'changes_requested', 'escalated')
      AND sla_due_at < $2 + interval '30 minutes'
)
SELECT counted.total AS total_count,
       counted.open AS open_count,
       due.overdue AS overdue_count,
       due.soon AS due_soon_count,
       counted.requested - held.items AS requested_count,
       held.items AS in_review_count,
       counted.changes_requested AS changes_requested_count,
       counted.escalated AS escalated_count,
       counted.approved AS approved_count,
       counted.rejected AS rejected_count,
       counted.overridden AS overridden_count,
       coalesce((SELECT notifications FROM dg_workflow_runtime WHERE tenant_id = $1), 0) AS notification_count,
       (SELECT min(oldest.requested_at)
        FROM unnest('{requested,changes_requested,escalated}'::text[]) AS open (status)
        CROSS JOIN LATERAL (
            SELECT item.requested_at
            FROM dg_workflow_items AS item
            WHERE item.tenant_id = $1 AND item.status = open.status
            ORDER BY item.requested_at
            LIMIT 1) AS oldest) AS oldest_open_at
FROM counted, held, due
