-- Head and cursors of a tenant; the tenant's row tells that it exists.
SELECT head.last_log_seq AS head_seq, cursor.projection_name, cursor.generation, cursor.slot, cursor.last_log_seq, cursor.epoch,
       cursor.state, cursor.updated_at,
       (SELECT count(*) FROM dg_projection_failures failure
        WHERE failure.tenant_id = $1 AND failure.projection_name = cursor.projection_name AND failure.status = 'open')
           AS open_failures
FROM dg_tenant_heads head
LEFT JOIN dg_projection_cursors cursor ON cursor.tenant_id = head.tenant_id
WHERE head.tenant_id = $1
ORDER BY cursor.projection_name
