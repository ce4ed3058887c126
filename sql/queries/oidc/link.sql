-- No row when the subject is somebody already, or the person is another subject of the issuer, or there is no such person.
INSERT INTO dg_person_links (issuer, subject, account_id, linked_by)
SELECT $1, $2, account.account_id, $4
FROM dg_accounts AS account
WHERE account.account_id = $3 AND account.kind = 'person'
ON CONFLICT DO NOTHING
RETURNING issuer, subject, account_id, linked_at, linked_by
