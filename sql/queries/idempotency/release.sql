-- Gives the key of a request back that changed nothing.
DELETE FROM dg_idempotency_keys
WHERE tenant_id = $1 AND account_id = $2 AND key_sha256 = $3 AND request_sha256 = $4 AND status IS NULL
