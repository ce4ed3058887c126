-- The fence: whoever writes for the scope holds these rows until it commits.
SELECT projection_name, generation, slot, last_log_seq, epoch, state, row_digest, row_count, retries_asked
FROM dg_projection_cursors
WHERE tenant_id = $1 AND projection_name = ANY ($2)
ORDER BY projection_name
FOR UPDATE
