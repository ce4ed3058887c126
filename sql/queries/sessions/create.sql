INSERT INTO dg_sessions (session_id, account_id, agent_id, secret_sha256, method, address, idle_seconds, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING session_id, account_id, agent_id, method, address, created_at, last_seen_at, idle_seconds, expires_at, ended_at, ended_by
