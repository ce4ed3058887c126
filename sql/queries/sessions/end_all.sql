-- Ends what is open of a person, but for one session.
UPDATE dg_sessions
SET ended_at = now(), ended_by = $2
WHERE account_id = $1 AND ended_at IS NULL AND session_id IS DISTINCT FROM $3
