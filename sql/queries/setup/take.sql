-- Uses the code up. Of several who come at once, one finds it.
DELETE FROM dg_setup
WHERE code_sha256 = $1 AND expires_at > now() AND NOT EXISTS (SELECT FROM dg_accounts WHERE kind = 'person')
RETURNING one
