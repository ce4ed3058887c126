-- Notes that files are named, and keeps them from being removed meanwhile; those that are there.
UPDATE dg_workflow_files
SET named_at = coalesce(named_at, now())
WHERE tenant_id = $1 AND sha256 IN (SELECT decode(name, 'hex') FROM unnest($2::text[]) AS name)
RETURNING encode(sha256, 'hex') AS sha256, media_type, size_bytes
