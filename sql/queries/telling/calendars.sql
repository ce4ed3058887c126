-- The newest version of each calendar.
SELECT DISTINCT ON (calendar_id) calendar_id, version, definition_json, reason, created_at, created_by
FROM dg_workflow_calendars
WHERE tenant_id = $1
ORDER BY calendar_id, version DESC
