-- Notes a sign-in that begins, and forgets a few that never came back.
WITH over AS (
    DELETE FROM dg_oidc_sign_ins
    WHERE state_sha256 IN (
        SELECT state_sha256
        FROM dg_oidc_sign_ins
        WHERE expires_at <= now()
        ORDER BY expires_at
        LIMIT 100
        FOR UPDATE SKIP LOCKED
    )
)
INSERT INTO dg_oidc_sign_ins (state_sha256, agent_id, nonce, code_verifier, redirect_uri, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 second')
RETURNING expires_at
