DELETE FROM dg_person_links
WHERE account_id = $1 AND issuer = $2
RETURNING issuer, subject, account_id, linked_at, linked_by
