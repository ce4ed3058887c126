-- Keeps items as the fold has them now. $2 is a list of rows as JSON; `actor` is who acted last. A claim ends with the round, is
-- renewed by whatever its holder does, and goes when the item goes to somebody else.
INSERT INTO dg_workflow_items AS item (
    tenant_id, workflow_key, workflow_id, trace_key, trace_id, workflow_kind, workflow_name, subject_type, subject_id, status,
    priority_rank, title, policy_id, template_id, requested_by, decided_by, assigned_account_id, assigned_role, requested_at,
    sla_due_at, updated_at, resolved_at, current_decision, current_reason, escalation_level, round, version,
    last_source_log_seq, item_json, warned_for, next_timer_at)
SELECT $1, news.workflow_key, news.workflow_id, news.trace_key, news.trace_id, news.workflow_kind, news.workflow_name,
       news.subject_type, news.subject_id, news.status, news.priority_rank, news.title, news.policy_id, news.template_id,
       news.requested_by, news.decided_by, news.assigned_account_id, news.assigned_role, news.requested_at, news.sla_due_at,
       news.updated_at, news.resolved_at, news.current_decision, news.current_reason, news.escalation_level, news.round,
       news.version, news.last_source_log_seq, news.item_json, news.warned_for, news.next_timer_at
FROM jsonb_to_recordset($2::text::jsonb) AS news (
    workflow_key uuid, workflow_id text, trace_key uuid, trace_id text, workflow_kind text, workflow_name text,
    subject_type text, subject_id text, status text, priority_rank smallint, title text, policy_id text, template_id text,
    requested_by text, decided_by text, assigned_account_id text, assigned_role text, requested_at timestamptz,
    sla_due_at timestamptz, updated_at timestamptz, resolved_at timestamptz, current_decision text, current_reason text,
    escalation_level bigint, round bigint, version bigint, last_source_log_seq bigint, item_json text, warned_for timestamptz,
    next_timer_at timestamptz)
ON CONFLICT (tenant_id, workflow_key) DO UPDATE
SET workflow_name = excluded.workflow_name,
    status = excluded.status,
    priority_rank = excluded.priority_rank,
    title = excluded.title,
    policy_id = excluded.policy_id,
    template_id = excluded.template_id,
    requested_by = excluded.requested_by,
    decided_by = excluded.decided_by,
    assigned_account_id = excluded.assigned_account_id,
    assigned_role = excluded.assigned_role,
    sla_due_at = excluded.sla_due_at,
    updated_at = excluded.updated_at,
    resolved_at = excluded.resolved_at,
    current_decision = excluded.current_decision,
    current_reason = excluded.current_reason,
    escalation_level = excluded.escalation_level,
    round = excluded.round,
    version = excluded.version,
    last_source_log_seq = excluded.last_source_log_seq,
    item_json = excluded.item_json,
    warned_for = excluded.warned_for,
    next_timer_at = excluded.next_timer_at,
    claimed_by = CASE WHEN excluded.resolved_at IS NULL THEN item.claimed_by END,
    claimed_at = CASE WHEN excluded.resolved_at IS NULL THEN item.claimed_at END,
    claim_renewed_at = CASE WHEN excluded.resolved_at IS NULL THEN item.claim_renewed_at END
