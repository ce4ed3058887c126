DELETE FROM dg_workflow_absences
WHERE tenant_id = $1 AND absence_id = $2
RETURNING absence_id
