INSERT INTO dg_workflow_channel_secrets (tenant_id, channel_id, secret_id, kind, secret, public_key, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
