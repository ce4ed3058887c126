-- How all tenants stand, for the metrics.
SELECT coalesce(max(head.last_log_seq - cursor.last_log_seq), 0)::bigint AS pending_events,
       coalesce(max(CASE WHEN head.last_log_seq > cursor.last_log_seq THEN extract(epoch FROM now() - (
           SELECT log.recorded_at FROM dg_log_times log
           WHERE log.tenant_id = cursor.tenant_id AND log.log_seq = cursor.last_log_seq + 1)) END), 0)::double precision
           AS lag_seconds,
       count(*) FILTER (WHERE cursor.state = 'failed') AS failed_scopes,
       count(*) FILTER (WHERE head.last_log_seq > cursor.last_log_seq AND cursor.updated_at < now() - interval '30 seconds')
           AS stalled_scopes,
       count(*) FILTER (WHERE cursor.drift_since IS NOT NULL) AS drifted_scopes,
       (SELECT open_failures FROM dg_failure_totals) AS open_failures,
       (SELECT quarantined FROM dg_failure_totals) AS quarantined,
       (SELECT count(*) FROM dg_projection_runs WHERE status = 'queued') AS runs_queued,
       (SELECT count(*) FROM dg_projection_runs WHERE status IN ('running', 'cancelling')) AS runs_running,
       (SELECT count(*) FROM dg_projection_runs WHERE status = 'paused') AS runs_paused
FROM dg_projection_cursors cursor
JOIN dg_tenant_heads head ON head.tenant_id = cursor.tenant_id
