-- A page of items. The order is that of the queue: overdue ones, then by urgency, then by age; $2 is the moment for which
-- "overdue" is decided, the same for all pages of one walk. The filters are null where they were not asked for.
--
-- Overdue ones and the others are looked for apart, so that the index of the queue gives both in order: of a tenant's open items
-- only those of a page are read, however many there are.
WITH fits AS NOT MATERIALIZED (
    SELECT item.item_json, item.claimed_by, item.claimed_at, item.claim_renewed_at, item.status, item.sla_due_at,
           item.priority_rank, item.requested_at, item.workflow_id
    FROM dg_workflow_items AS item
    WHERE item.tenant_id = $1
      AND (NOT $3 OR item.status IN ('requested', 'changes_requested', 'escalated'))
      AND (NOT $4 OR item.resolved_at IS NULL AND item.sla_due_at < $2)
      AND ($5::text[] IS NULL
           OR CASE WHEN item.status = 'requested' AND item.claimed_by IS NOT NULL THEN 'in_review' ELSE item.status END = ANY ($5))
      AND ($6::smallint[] IS NULL OR item.priority_rank = ANY ($6))
      AND ($7::text IS NULL OR item.workflow_kind = $7)
      AND ($8::text IS NULL OR item.workflow_name = $8)
      AND ($9::text IS NULL OR item.policy_id = $9)
      AND ($10::text IS NULL OR item.requested_by = $10)
      AND ($11::text IS NULL OR item.decided_by = $11)
      AND ($12::text IS NULL OR item.assigned_account_id = $12)
      AND ($13::text IS NULL OR item.assigned_role = $13)
      AND ($14::uuid IS NULL OR item.trace_key = $14)
      AND ($15::text IS NULL OR item.subject_id = $15)
      AND ($16::timestamptz IS NULL OR item.sla_due_at < $16)
      AND ($17::timestamptz IS NULL OR item.requested_at >= $17)
      AND ($18::timestamptz IS NULL OR item.requested_at < $18)
      AND ($19::text IS NULL
           OR strpos(lower(item.title || ' ' || item.workflow_id || ' ' || coalesce(item.current_reason, '')), lower($19)) > 0)
      -- Mine: what I hold or was given, or what waits for one of my roles; and what nobody has.
      AND ($20::text IS NULL OR item.assigned_account_id = $20 OR item.claimed_by = $20)
      AND ($21::text[] IS NULL OR item.assigned_account_id IS NULL AND item.assigned_role = ANY ($21))
      AND (NOT $22 OR item.assigned_account_id IS NULL AND item.claimed_by IS NULL)
      AND ($23::text IS NULL
           OR item.template_id = $23 OR item.workflow_kind = 'incident_review' AND item.workflow_name = $23)
)
SELECT page.item_json, page.claimed_by, page.claimed_at, page.claim_renewed_at, page.overdue
FROM (
    (SELECT fits.*, true AS overdue
     FROM fits
     WHERE fits.status IN ('requested', 'changes_requested', 'escalated')
       AND fits.sla_due_at < $2
       AND ($24::boolean IS NULL
            OR $24 AND (fits.priority_rank, fits.requested_at, fits.workflow_id) > ($25::smallint, $26::timestamptz, $27::text))
     ORDER BY fits.priority_rank, fits.requested_at, fits.workflow_id
     LIMIT $28)
    UNION ALL
    (SELECT fits.*, false AS overdue
     FROM fits
     WHERE (fits.status NOT IN ('requested', 'changes_requested', 'escalated')
            OR fits.sla_due_at IS NULL OR fits.sla_due_at >= $2)
       AND ($24::boolean IS NULL
            OR $24 OR (fits.priority_rank, fits.requested_at, fits.workflow_id) > ($25::smallint, $26::timestamptz, $27::text))
     ORDER BY fits.priority_rank, fits.requested_at, fits.workflow_id
     LIMIT $28)
) AS page
ORDER BY NOT page.overdue, page.priority_rank, page.requested_at, page.workflow_id
LIMIT $28
