-- A file with its bytes.
SELECT media_type, content
FROM dg_workflow_files
WHERE tenant_id = $1 AND sha256 = $2
