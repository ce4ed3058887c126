-- Tenants with something to do, now or soon.
SELECT tenant_id, last_log_seq, applied_log_seq, next_timer_at, clock_timestamp() AS now, rebuild_asked_by, unverified, replayed
FROM dg_workflow_work
ORDER BY next_timer_at, tenant_id
