-- A step: as many rows as asked for, in any order. Never the live slot.
DELETE FROM dg_trace_terms
WHERE tenant_id = $1 AND slot = $2
  AND NOT EXISTS (SELECT FROM dg_projection_cursors cursor
                  WHERE cursor.tenant_id = $1 AND cursor.projection_name = $3 AND cursor.slot = $2)
  AND ctid = ANY (ARRAY(SELECT ctid FROM dg_trace_terms WHERE tenant_id = $1 AND slot = $2 LIMIT $4))
