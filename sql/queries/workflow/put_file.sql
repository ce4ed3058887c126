-- Keeps a file. The same bytes again are the same file, of the type that it has; one that nobody named yet begins its day anew.
INSERT INTO dg_workflow_files AS kept (tenant_id, sha256, media_type, size_bytes, content, put_by)
VALUES ($1, $2, $3, octet_length($4::bytea), $4, $5)
ON CONFLICT (tenant_id, sha256) DO UPDATE
SET put_at = CASE WHEN kept.named_at IS NULL THEN now() ELSE kept.put_at END
RETURNING kept.media_type, kept.size_bytes, kept.xmax = 0 AS is_new
