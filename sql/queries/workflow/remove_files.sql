-- Removes some files that nobody named for a day; one that is being named is waited for, and stays.
DELETE FROM dg_workflow_files
WHERE tenant_id = $1
  AND named_at IS NULL
  AND put_at <= now() - interval '1 day'
  AND sha256 IN (
      SELECT sha256
      FROM dg_workflow_files
      WHERE tenant_id = $1 AND named_at IS NULL AND put_at <= now() - interval '1 day'
      ORDER BY put_at
      LIMIT $2)
