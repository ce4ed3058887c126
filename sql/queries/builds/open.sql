-- Takes the slot that is not live for a run, for each projection where it is free.
INSERT INTO dg_projection_builds AS build (tenant_id, projection_name, slot, state, job_id)
SELECT cursor.tenant_id, cursor.projection_name, 1 - cursor.slot, 'building', $3
FROM dg_projection_cursors cursor
WHERE cursor.tenant_id = $1 AND cursor.projection_name = ANY ($2)
ON CONFLICT (tenant_id, projection_name) DO UPDATE
SET state = 'building', job_id = excluded.job_id, slot = excluded.slot, last_log_seq = 0,
    row_digest = decode(repeat('00', 32), 'hex'), row_count = 0, aside_json = '[]', created_at = now(), updated_at = now()
WHERE build.state = 'emptied'
