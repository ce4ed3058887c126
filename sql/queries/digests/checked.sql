-- What a check found. Positions only grow, so an older check does not undo a newer one.
UPDATE dg_projection_cursors AS cursor
SET checked_log_seq = new.log_seq, checked_generation = new.generation, checked_at = now(),
    drift_since = CASE WHEN new.equal THEN NULL ELSE coalesce(cursor.drift_since, now()) END
FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::boolean[]) AS new (projection_name, log_seq, generation, equal)
WHERE cursor.tenant_id = $1 AND cursor.projection_name = new.projection_name AND cursor.checked_log_seq <= new.log_seq
