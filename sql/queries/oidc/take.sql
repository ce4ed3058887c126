-- Takes a sign-in that has begun: whoever comes second, or from another program, finds nothing.
DELETE FROM dg_oidc_sign_ins
WHERE state_sha256 = $1 AND agent_id = $2
RETURNING nonce, code_verifier, redirect_uri, expires_at <= now() AS expired
