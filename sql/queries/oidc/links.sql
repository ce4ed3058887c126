SELECT issuer, subject, account_id, linked_at, linked_by
FROM dg_person_links
WHERE account_id = $1
ORDER BY issuer
