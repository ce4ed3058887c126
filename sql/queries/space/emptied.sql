-- Slots whose old generation is deleted and whose space is not given back yet.
SELECT tenant_id, projection_name, slot, job_id
FROM dg_projection_builds
WHERE state = 'emptied'
ORDER BY projection_name, slot, tenant_id
