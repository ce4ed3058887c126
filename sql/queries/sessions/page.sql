-- Newest first, after the session at ($3, $4).
SELECT session_id, account_id, agent_id, method, address, created_at, last_seen_at, idle_seconds, expires_at, ended_at, ended_by
FROM dg_sessions
WHERE ($1::text IS NULL OR account_id = $1)
  AND (NOT $2 OR ended_at IS NULL AND expires_at > now() AND last_seen_at + idle_seconds * interval '1 second' > now())
  AND (created_at, session_id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::text, ''))
ORDER BY created_at DESC, session_id DESC
LIMIT $5
