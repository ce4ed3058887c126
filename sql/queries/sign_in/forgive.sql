-- A try that succeeded was no failure: its account begins anew, and its address has one less. Locked in the order of the names,
-- like counting does.
WITH tried AS (
    SELECT scope
    FROM dg_sign_in_failures
    WHERE scope IN ($1, $2)
    ORDER BY scope
    FOR UPDATE
)
UPDATE dg_sign_in_failures AS known
SET failures = CASE WHEN known.scope = $1 THEN 0 ELSE greatest(0, known.failures - 1) END
FROM tried
WHERE known.scope = tried.scope
