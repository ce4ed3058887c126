-- A few hundred checks of each tenant are enough of a history.
DELETE FROM dg_projection_digest_history
WHERE tenant_id = $1
  AND computed_at < (SELECT computed_at FROM dg_projection_digest_history
                     WHERE tenant_id = $1 ORDER BY computed_at DESC, digest_id DESC OFFSET $2 LIMIT 1)
