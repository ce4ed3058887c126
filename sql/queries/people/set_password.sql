INSERT INTO dg_passwords (account_id, phc, must_change, changed_by)
VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id) DO UPDATE
SET phc = excluded.phc, must_change = excluded.must_change, changed_at = now(), changed_by = excluded.changed_by
