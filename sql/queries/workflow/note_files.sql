-- The same without reading them, for files that a request from outside names.
UPDATE dg_workflow_files
SET named_at = now()
WHERE tenant_id = $1 AND sha256 IN (SELECT decode(name, 'hex') FROM unnest($2::text[]) AS name) AND named_at IS NULL
