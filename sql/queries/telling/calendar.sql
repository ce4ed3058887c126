-- A version of a calendar, or the newest.
SELECT calendar_id, version, definition_json, reason, created_at, created_by
FROM dg_workflow_calendars
WHERE tenant_id = $1 AND calendar_id = $2 AND ($3::bigint IS NULL OR version = $3)
ORDER BY version DESC
LIMIT 1
