-- The first key of the installation. No row when there is one already.
INSERT INTO dg_signing_keys (key_id, public_key, seed)
SELECT $1, $2, $3
WHERE NOT EXISTS (SELECT FROM dg_signing_keys)
RETURNING key_id
