-- The public halves, oldest first. Nobody but dg-store may ask for more.
SELECT key_id, public_key, created_at
FROM dg_signing_keys
ORDER BY created_at, key_id
