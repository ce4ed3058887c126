-- Removes counts that are over, a few at a time.
DELETE FROM dg_sign_in_failures
WHERE scope IN (SELECT scope FROM dg_sign_in_failures WHERE until <= now() ORDER BY until LIMIT 100 FOR UPDATE SKIP LOCKED)
