-- Makes the cursor rows of a tenant where they are missing and raises their epoch: earlier holders are fenced off.
INSERT INTO dg_projection_cursors AS cursor (tenant_id, projection_name, epoch, owner)
SELECT $1, name, 1, $3 FROM unnest($2::text[]) AS name
ON CONFLICT (tenant_id, projection_name) DO UPDATE SET epoch = cursor.epoch + 1, owner = excluded.owner
RETURNING projection_name, generation, slot, last_log_seq, epoch, state, row_digest, row_count, retries_asked
