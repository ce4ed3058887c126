-- Locks the heads of a batch's tenants, always in one order, so that two appenders cannot deadlock.
-- A row that somebody else moved while we waited comes back as it is now.
SELECT tenant_id, last_log_seq
FROM dg_tenant_heads
WHERE tenant_id = ANY ($1::text[])
ORDER BY tenant_id
FOR UPDATE
