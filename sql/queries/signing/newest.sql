-- The key to sign with: the newest.
SELECT key_id, public_key, seed, created_at
FROM dg_signing_keys
ORDER BY created_at DESC, key_id
LIMIT 1
