-- Makes a code good in place of the one before, while there is nobody who can sign in.
INSERT INTO dg_setup (code_sha256, expires_at, made_by)
SELECT $1, now() + make_interval(secs => $2), $3
WHERE NOT EXISTS (SELECT FROM dg_accounts WHERE kind = 'person')
ON CONFLICT (one) DO UPDATE
SET code_sha256 = excluded.code_sha256, expires_at = excluded.expires_at, made_by = excluded.made_by
RETURNING expires_at
