-- Makes the next version, if the newest is the one that was seen, where one is named. No row when somebody else made it first.
INSERT INTO dg_workflow_calendars (tenant_id, calendar_id, version, definition_json, reason, created_by)
SELECT $1, $2, newest.version + 1, $3, $4, $5
FROM (
    SELECT coalesce(max(version), 0) AS version
    FROM dg_workflow_calendars
    WHERE tenant_id = $1 AND calendar_id = $2
) AS newest
WHERE $6::bigint IS NULL OR newest.version = $6
ON CONFLICT (tenant_id, calendar_id, version) DO NOTHING
RETURNING calendar_id, version, definition_json, reason, created_at, created_by
