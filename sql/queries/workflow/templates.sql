-- The newest version of each template of the tenant's own.
SELECT DISTINCT ON (template_id) template_id, version, enabled, definition_json, reason, created_at, created_by
FROM dg_workflow_templates
WHERE tenant_id = $1
ORDER BY template_id, version DESC
