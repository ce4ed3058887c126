-- Whether a code is good: it is not over, and there is nobody who can sign in.
SELECT EXISTS (SELECT FROM dg_setup WHERE expires_at > now())
   AND NOT EXISTS (SELECT FROM dg_accounts WHERE kind = 'person') AS open
