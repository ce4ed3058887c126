-- A try that succeeded was no failure: its account begins anew, and its address has one less.
UPDATE dg_sign_in_failures
SET failures = CASE WHEN scope = $1 THEN 0 ELSE greatest(0, failures - 1) END
WHERE scope IN ($1, $2)
