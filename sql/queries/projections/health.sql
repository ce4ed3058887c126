-- One row per name in $2, in that order: where it stands, what it lacks, its last digest. A name that has no cursor, such as
-- full_projection, has its digest only.
SELECT name.name AS projection_name, head.last_log_seq AS head_seq, cursor.epoch, cursor.generation, cursor.last_log_seq,
       cursor.state, cursor.owner, cursor.rate_1m, cursor.rate_5m, cursor.error_category, cursor.error_code,
       cursor.error_message, cursor.error_since, cursor.retry_count, cursor.next_retry_at, cursor.checked_at,
       cursor.drift_since, cursor.updated_at, pending.recorded_at AS oldest_pending_at, failures.open_failures,
       failures.quarantined, digest.digest_value, digest.last_log_seq AS digest_log_seq,
       digest.computed_at AS digest_computed_at, digest.skipped_events AS digest_skipped_events
FROM dg_tenant_heads head
CROSS JOIN unnest($2::text[]) WITH ORDINALITY AS name(name, place)
LEFT JOIN dg_projection_cursors cursor ON cursor.tenant_id = head.tenant_id AND cursor.projection_name = name.name
LEFT JOIN LATERAL (
    SELECT event.recorded_at
    FROM dg_event_log event
    WHERE event.tenant_id = head.tenant_id AND event.log_seq > coalesce(cursor.last_log_seq, 0)
    ORDER BY event.log_seq
    LIMIT 1
) pending ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE failure.status = 'open') AS open_failures,
           count(*) FILTER (WHERE failure.status = 'quarantined') AS quarantined
    FROM dg_projection_failures failure
    WHERE failure.tenant_id = head.tenant_id AND failure.projection_name = name.name
      AND failure.status IN ('open', 'quarantined')
) failures ON true
LEFT JOIN LATERAL (
    SELECT history.digest_value, history.last_log_seq, history.computed_at, history.skipped_events
    FROM dg_projection_digest_history history
    WHERE history.tenant_id = head.tenant_id AND history.projection_name = name.name
    ORDER BY history.last_log_seq DESC, history.computed_at DESC
    LIMIT 1
) digest ON true
WHERE head.tenant_id = $1
ORDER BY name.place
