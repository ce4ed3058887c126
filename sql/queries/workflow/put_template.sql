-- Makes the next version, if the newest is the one that was seen, where one is named. No row when somebody else made it first.
INSERT INTO dg_workflow_templates (tenant_id, template_id, version, enabled, definition_json, reason, created_by)
SELECT $1, $2, newest.version + 1, $3, $4, $5, $6
FROM (
    SELECT coalesce(max(version), 0) AS version
    FROM dg_workflow_templates
    WHERE tenant_id = $1 AND template_id = $2
) AS newest
WHERE $7::bigint IS NULL OR newest.version = $7
ON CONFLICT (tenant_id, template_id, version) DO NOTHING
RETURNING template_id, version, enabled, definition_json, reason, created_at, created_by
