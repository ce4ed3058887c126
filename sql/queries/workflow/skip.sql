-- Moves a tenant's items on when nothing between two positions concerns them. No row when something does, or when somebody else
-- moved them. The log has no gaps and shows no position before all earlier ones, so no lock is needed for this.
UPDATE dg_workflow_runtime
SET last_log_seq = $3, updated_at = now()
WHERE tenant_id = $1
  AND last_log_seq = $2
  AND NOT EXISTS (
      SELECT
      FROM dg_event_log AS log
      WHERE log.tenant_id = $1
        AND log.log_seq > $2
        AND log.log_seq <= $3
        AND log.event_type IN ('ExceptionRequested', 'ApprovalRecorded', 'WorkflowReviewRequested', 'WorkflowActionRecorded'))
RETURNING last_log_seq
