SELECT projection_name, row_digest, row_count
FROM dg_projection_cursors
WHERE tenant_id = $1
ORDER BY projection_name
