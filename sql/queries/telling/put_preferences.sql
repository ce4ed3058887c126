INSERT INTO dg_workflow_preferences (tenant_id, account_id, email, preferences_json)
VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, account_id) DO UPDATE
SET email = excluded.email, preferences_json = excluded.preferences_json, updated_at = now()
