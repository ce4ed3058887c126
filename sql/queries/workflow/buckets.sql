-- What somebody's queues hold, from what is counted while items change: what $3 snoozed is taken off again, since snoozed items are
-- in none of the queues but their own. Only items that somebody holds, snoozed, was given or waits for are read, and the keys of
-- those whose time is short.
WITH counted AS (
    SELECT coalesce(sum(items), 0)::bigint AS open,
           coalesce(sum(items) FILTER (WHERE NOT is_given), 0)::bigint AS not_given,
           coalesce(sum(items) FILTER (WHERE NOT is_given AND assigned_role = ANY ($4)), 0)::bigint AS my_roles,
           coalesce(sum(items) FILTER (WHERE status = 'escalated'), 0)::bigint AS escalated,
           coalesce(sum(items) FILTER (WHERE status = 'changes_requested'), 0)::bigint AS changes_requested
    FROM dg_workflow_counts
    WHERE tenant_id = $1 AND status IN ('requested', 'changes_requested', 'escalated')
), hidden AS MATERIALIZED (
    SELECT item.workflow_key, item.status, item.assigned_account_id, item.assigned_role, item.claimed_by, item.sla_due_at
    FROM dg_workflow_snoozes AS snooze
    JOIN dg_workflow_items AS item ON item.tenant_id = snooze.tenant_id AND item.workflow_key = snooze.workflow_key
    WHERE snooze.tenant_id = $1 AND snooze.account_id = $3 AND snooze.until > $2
      AND item.status IN ('requested', 'changes_requested', 'escalated')
), snoozed AS (
    SELECT count(*) AS open,
           count(*) FILTER (WHERE assigned_account_id IS NULL AND assigned_role = ANY ($4)) AS my_roles,
           count(*) FILTER (WHERE assigned_account_id IS NULL AND claimed_by IS NULL) AS unassigned,
           count(*) FILTER (WHERE sla_due_at < $2) AS overdue,
           count(*) FILTER (WHERE sla_due_at >= $2 AND sla_due_at < $2 + interval '30 minutes') AS due_soon,
           count(*) FILTER (WHERE status = 'escalated') AS escalated,
           count(*) FILTER (WHERE status = 'changes_requested') AS changes_requested
    FROM hidden
), held AS (
    SELECT count(*) AS not_given
    FROM dg_workflow_items
    WHERE tenant_id = $1 AND claimed_by IS NOT NULL AND assigned_account_id IS NULL
      AND status IN ('requested', 'changes_requested', 'escalated')
), due AS (
    SELECT count(*) FILTER (WHERE sla_due_at < $2) AS overdue, count(*) FILTER (WHERE sla_due_at >= $2) AS soon
    FROM dg_workflow_items
    WHERE tenant_id = $1
      AND status IN ('requested', 'changes_requested', 'escalated')
      AND sla_due_at < $2 + interval '30 minutes'
), mine AS (
    SELECT count(*) AS items
    FROM (
        SELECT workflow_key
        FROM dg_workflow_items
        WHERE tenant_id = $1 AND assigned_account_id = $3 AND status IN ('requested', 'changes_requested', 'escalated')
        UNION
        SELECT workflow_key
        FROM dg_workflow_items
        WHERE tenant_id = $1 AND claimed_by = $3 AND status IN ('requested', 'changes_requested', 'escalated')
        EXCEPT
        SELECT workflow_key
        FROM hidden
    ) AS keys
)
SELECT mine.items AS mine,
       counted.my_roles - snoozed.my_roles AS my_roles,
       counted.not_given - held.not_given - snoozed.unassigned AS unassigned,
       due.overdue - snoozed.overdue AS overdue,
       due.soon - snoozed.due_soon AS due_soon,
       counted.escalated - snoozed.escalated AS escalated,
       counted.changes_requested - snoozed.changes_requested AS changes_requested,
       (SELECT count(*)
        FROM dg_workflow_items
        WHERE tenant_id = $1 AND status = 'changes_requested' AND requested_by = $3) AS waiting_for_requester,
       snoozed.open AS snoozed,
       (SELECT count(*)
        FROM dg_workflow_items
        WHERE tenant_id = $1 AND resolved_at >= $2 - interval '7 days') AS recently_closed,
       counted.open AS all_open
FROM counted, snoozed, held, due, mine
