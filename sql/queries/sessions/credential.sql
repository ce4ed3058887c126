-- A session with its person as they are now. A password that somebody else chose concerns whoever came in with it.
SELECT account.account_id, account.kind, account.display_name, account.owner_id, account.roles, account.permissions, account.tenant_ids,
       account.disabled, account.created_at, account.created_by,
       session.session_id, session.agent_id, session.method, session.address, session.created_at AS session_created_at,
       session.last_seen_at, session.idle_seconds, session.expires_at, session.ended_at, session.ended_by,
       session.secret_sha256, (session.method = 'password' AND coalesce(password.must_change, false)) AS must_change
FROM dg_sessions AS session
JOIN dg_accounts AS account ON account.account_id = session.account_id
LEFT JOIN dg_passwords AS password ON password.account_id = session.account_id
WHERE session.session_id = $1
