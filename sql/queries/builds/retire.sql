-- After a switch the slot of a build is the one that was live before.
UPDATE dg_projection_builds
SET slot = 1 - slot, state = 'retired', updated_at = now()
WHERE tenant_id = $1 AND projection_name = ANY ($2) AND job_id = $3 AND state = 'building'
