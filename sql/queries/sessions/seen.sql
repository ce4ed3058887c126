-- Notes that a session was used, at most once a minute, so that a busy page does not become a busy row.
UPDATE dg_sessions
SET last_seen_at = now()
WHERE session_id = $1 AND last_seen_at < now() - interval '1 minute' AND ended_at IS NULL
