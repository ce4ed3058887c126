SELECT email, preferences_json, updated_at
FROM dg_workflow_preferences
WHERE tenant_id = $1 AND account_id = $2
