-- Gives a tenant the head row that its log asks for. No row when somebody else did.
INSERT INTO dg_tenant_heads (tenant_id, last_log_seq)
SELECT $1, coalesce(max(event.log_seq), 0)
FROM dg_event_log AS event
WHERE event.tenant_id = $1
ON CONFLICT (tenant_id) DO NOTHING
RETURNING tenant_id, last_log_seq
