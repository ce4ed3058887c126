-- Replays that a review asked for: what they found is attached to it.

ALTER TABLE dg_projection_runs
    -- The item of review that asked.
    ADD COLUMN workflow_id text COLLATE "C",
    -- When the item was told how the run ended.
    ADD COLUMN attached_at timestamptz;
CREATE INDEX dg_projection_runs_workflow_idx ON dg_projection_runs (tenant_id, workflow_id, requested_at DESC)
    WHERE workflow_id IS NOT NULL;
-- What dg-workflowd looks for.
CREATE INDEX dg_projection_runs_attach_idx ON dg_projection_runs (tenant_id)
    WHERE workflow_id IS NOT NULL AND attached_at IS NULL AND finished_at IS NOT NULL;

GRANT INSERT (workflow_id) ON dg_projection_runs TO dg_apid;
GRANT SELECT, UPDATE (attached_at) ON dg_projection_runs TO dg_workflowd;
CREATE POLICY dg_find_ended ON dg_projection_runs FOR SELECT TO dg_workflowd
    USING (tenant_id = current_setting('dg.tenant', true));
CREATE POLICY dg_attach ON dg_projection_runs FOR UPDATE TO dg_workflowd
    USING (tenant_id = current_setting('dg.tenant', true));

CREATE OR REPLACE VIEW dg_workflow_work AS
SELECT head.tenant_id, head.last_log_seq, coalesce(runtime.last_log_seq, 0) AS applied_log_seq, runtime.next_timer_at,
       runtime.rebuild_asked_by,
       runtime.last_log_seq > 0 AND runtime.verified_log_seq IS DISTINCT FROM runtime.last_log_seq
           AND coalesce(runtime.verified_at, '-infinity') < now() - interval '1 day' AS unverified,
       head.tenant_id IN (SELECT run.tenant_id FROM dg_projection_runs AS run
                          WHERE run.workflow_id IS NOT NULL AND run.attached_at IS NULL AND run.finished_at IS NOT NULL) AS replayed
FROM dg_tenant_heads AS head
LEFT JOIN dg_workflow_runtime AS runtime ON runtime.tenant_id = head.tenant_id
WHERE coalesce(runtime.last_log_seq, 0) < head.last_log_seq
   OR runtime.next_timer_at <= clock_timestamp() + interval '2 seconds'
   OR runtime.rebuild_asked_at IS NOT NULL
   OR runtime.last_log_seq > 0 AND runtime.verified_log_seq IS DISTINCT FROM runtime.last_log_seq
      AND coalesce(runtime.verified_at, '-infinity') < now() - interval '1 day'
   OR head.tenant_id IN (SELECT run.tenant_id FROM dg_projection_runs AS run
                         WHERE run.workflow_id IS NOT NULL AND run.attached_at IS NULL AND run.finished_at IS NOT NULL);
