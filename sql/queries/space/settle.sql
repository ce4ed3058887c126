-- The space of these generations is given back.
DELETE FROM dg_projection_builds
WHERE state = 'emptied' AND projection_name = $1 AND slot = $2 AND job_id = ANY ($3::uuid[])
