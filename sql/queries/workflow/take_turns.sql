-- Takes turns.
INSERT INTO dg_workflow_turns (tenant_id, turn, taken)
SELECT $1, turn, taken FROM unnest($2::text[], $3::bigint[]) AS news (turn, taken)
ON CONFLICT (tenant_id, turn) DO UPDATE SET taken = excluded.taken
