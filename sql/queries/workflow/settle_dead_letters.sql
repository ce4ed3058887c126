-- Events that were set aside and have an action now.
UPDATE dg_workflow_dead_letters AS letter
SET resolved_at = now(), resolved_by = $2, resolution = 'applied'
WHERE letter.tenant_id = $1
  AND letter.resolved_at IS NULL
  AND EXISTS (
      SELECT
      FROM dg_workflow_actions AS action
      WHERE action.tenant_id = $1 AND action.log_seq = letter.log_seq)
