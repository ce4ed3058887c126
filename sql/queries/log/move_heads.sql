-- Moves the heads of a batch's tenants to the last position given out. The rows are locked by this transaction.
UPDATE dg_tenant_heads AS head
SET last_log_seq = moved.last_log_seq
FROM unnest($1::text[], $2::bigint[]) AS moved (tenant_id, last_log_seq)
WHERE head.tenant_id = moved.tenant_id
