-- Held until the transaction ends, so that the chain has one end.
SELECT pg_advisory_xact_lock($1, $2)
