SELECT session_id, account_id, agent_id, method, address, created_at, last_seen_at, idle_seconds, expires_at, ended_at, ended_by
FROM dg_sessions
WHERE session_id = $1
