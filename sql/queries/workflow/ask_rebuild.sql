-- Asks dg-workflowd to make the items again. Who asked first stays.
INSERT INTO dg_workflow_runtime AS runtime (tenant_id, rebuild_asked_at, rebuild_asked_by)
VALUES ($1, clock_timestamp(), $2)
ON CONFLICT (tenant_id) DO UPDATE
SET rebuild_asked_at = coalesce(runtime.rebuild_asked_at, excluded.rebuild_asked_at),
    rebuild_asked_by = coalesce(runtime.rebuild_asked_by, excluded.rebuild_asked_by)
