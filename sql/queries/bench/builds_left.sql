-- Generations that are being built, or being removed.
SELECT count(*) FROM dg_projection_builds WHERE tenant_id = $1
