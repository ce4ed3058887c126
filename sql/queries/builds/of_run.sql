SELECT projection_name, slot, last_log_seq, row_digest, row_count, aside_json
FROM dg_projection_builds
WHERE tenant_id = $1 AND projection_name = ANY ($2) AND job_id = $3 AND state = 'building'
FOR UPDATE
