-- Writes down what became of the request that has the key.
UPDATE dg_idempotency_keys
SET status = $5, body = $6
WHERE tenant_id = $1 AND account_id = $2 AND key_sha256 = $3 AND request_sha256 = $4 AND status IS NULL
