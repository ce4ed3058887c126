-- Tenants with projections that have moved since they were checked last and are still now, or whose check is overdue. A
-- check costs as much as the rows are many, so it is due the later the longer the last one took.
SELECT due.tenant_id
FROM (
    SELECT cursor.tenant_id,
           bool_or(cursor.last_log_seq <> cursor.checked_log_seq OR cursor.generation <> cursor.checked_generation
                   OR cursor.drift_since IS NOT NULL) AS changed,
           max(cursor.last_log_seq) AS last_log_seq,
           max(cursor.updated_at) AS updated_at,
           max(cursor.checked_at) AS checked_at
    FROM dg_projection_cursors cursor
    GROUP BY cursor.tenant_id
) AS due
LEFT JOIN LATERAL (
    SELECT history.duration_ms
    FROM dg_check_durations history
    WHERE due.changed AND history.tenant_id = due.tenant_id
    ORDER BY history.computed_at DESC
    LIMIT 1
) AS last ON true
WHERE due.changed
  AND due.last_log_seq > 0
  AND (due.updated_at < now() - make_interval(secs => $1::double precision / 1000)
       OR coalesce(due.checked_at, '-infinity') < now() - make_interval(secs => 10 * $1::double precision / 1000))
  AND coalesce(due.checked_at, '-infinity')
      < now() - make_interval(secs => greatest($1::double precision, 20 * coalesce(last.duration_ms, 0)) / 1000)
ORDER BY coalesce(due.checked_at, '-infinity'), due.tenant_id
LIMIT 20
