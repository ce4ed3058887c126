-- Whom an issuer means by a subject.
SELECT account.account_id, account.kind, account.display_name, account.owner_id, account.roles, account.permissions, account.tenant_ids,
       account.disabled, account.created_at, account.created_by
FROM dg_person_links AS link
JOIN dg_accounts AS account ON account.account_id = link.account_id
WHERE link.issuer = $1 AND link.subject = $2 AND account.kind = 'person'
