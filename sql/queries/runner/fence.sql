-- A trace was projected anew: what the owner of the scope has read of it meanwhile is refused.
UPDATE dg_projection_cursors
SET epoch = epoch + 1, row_digest = $3, row_count = $4
WHERE tenant_id = $1 AND projection_name = $2
