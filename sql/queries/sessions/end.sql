-- The first end keeps its time. No row when there is no such session.
UPDATE dg_sessions AS session
SET ended_at = coalesce(session.ended_at, now()),
    ended_by = CASE WHEN session.ended_at IS NULL THEN $2 ELSE session.ended_by END
FROM (SELECT session_id, ended_at FROM dg_sessions WHERE session_id = $1 FOR UPDATE) AS before
WHERE session.session_id = before.session_id
RETURNING session.session_id, session.account_id, session.agent_id, session.method, session.address, session.created_at,
          session.last_seen_at, session.idle_seconds, session.expires_at, session.ended_at, session.ended_by,
          before.ended_at IS NULL AS changed
