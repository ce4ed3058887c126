UPDATE dg_projection_builds build
SET state = 'emptied', row_count = 0, updated_at = now()
WHERE build.tenant_id = $1 AND build.projection_name = $2 AND build.slot = $3 AND build.job_id = $4
  AND (build.state = 'retired' OR build.state = 'building')
