-- How many turns were taken.
SELECT turn, taken FROM dg_workflow_turns WHERE tenant_id = $1
