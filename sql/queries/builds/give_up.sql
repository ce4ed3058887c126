-- What a run has built and nobody will read: its rows are to be deleted.
UPDATE dg_projection_builds
SET state = 'retired', updated_at = now()
WHERE tenant_id = $1 AND job_id = $2 AND state = 'building'
