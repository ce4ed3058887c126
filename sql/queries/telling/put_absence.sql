-- Makes an absence, or gives it another form.
INSERT INTO dg_workflow_absences AS absence (
    tenant_id, absence_id, account_id, substitute_id, from_at, until_at, reason, updated_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant_id, absence_id) DO UPDATE
SET account_id = excluded.account_id, substitute_id = excluded.substitute_id, from_at = excluded.from_at,
    until_at = excluded.until_at, reason = excluded.reason, updated_at = now(), updated_by = excluded.updated_by
RETURNING absence_id, account_id, substitute_id, from_at, until_at, reason, created_at, updated_at, updated_by
