-- Tenants whose log goes beyond some projection, or that have no cursor yet.
SELECT head.tenant_id,
       projected.found < cardinality($1::text[]) OR head.last_log_seq > coalesce(projected.lowest_live, head.last_log_seq)
           AS can_move,
       coalesce(projected.retries_asked, 0)::bigint AS retries_asked
FROM dg_tenant_heads head
LEFT JOIN LATERAL (
    SELECT count(*) AS found,
           min(cursor.last_log_seq) AS lowest,
           min(cursor.last_log_seq) FILTER (WHERE cursor.state = 'live') AS lowest_live,
           sum(cursor.retries_asked) AS retries_asked
    FROM dg_projection_cursors cursor
    WHERE cursor.tenant_id = head.tenant_id AND cursor.projection_name = ANY ($1)
) AS projected ON true
WHERE projected.found < cardinality($1::text[]) OR head.last_log_seq > projected.lowest
ORDER BY head.tenant_id
