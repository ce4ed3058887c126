-- Takes the deliveries of a tenant: earlier holders are fenced off.
INSERT INTO dg_workflow_telling_scopes AS scope (tenant_id, epoch, owner)
VALUES ($1, 1, $2)
ON CONFLICT (tenant_id) DO UPDATE SET epoch = scope.epoch + 1, owner = excluded.owner
RETURNING epoch
