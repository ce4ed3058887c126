-- A version of a template of the tenant's own, or the newest.
SELECT template_id, version, enabled, definition_json, reason, created_at, created_by
FROM dg_workflow_templates
WHERE tenant_id = $1 AND template_id = $2 AND ($3::bigint IS NULL OR version = $3)
ORDER BY version DESC
LIMIT 1
