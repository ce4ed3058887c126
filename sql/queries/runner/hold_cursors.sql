-- Keeps the live generation where it is for a moment.
SELECT projection_name, last_log_seq
FROM dg_projection_cursors
WHERE tenant_id = $1 AND projection_name = ANY ($2)
ORDER BY projection_name
FOR SHARE
