SELECT pending, failed, lag_seconds
FROM dg_workflow_telling_standing
