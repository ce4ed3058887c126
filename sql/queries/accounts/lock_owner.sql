-- Two accounts, of which the first is to answer for the second: both stay as they are until the transaction ends. `owned` says
-- whether somebody answers for an account, `owns` whether it answers for others.
SELECT account.account_id,
       account.owner_id IS NOT NULL AS owned,
       EXISTS (SELECT FROM dg_accounts AS other WHERE other.owner_id = account.account_id) AS owns
FROM dg_accounts AS account
WHERE account.account_id IN ($1, $2)
ORDER BY account.account_id
FOR UPDATE
