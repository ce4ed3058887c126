-- What the key stands for.
SELECT request_sha256, status, body
FROM dg_idempotency_keys
WHERE tenant_id = $1 AND account_id = $2 AND key_sha256 = $3
