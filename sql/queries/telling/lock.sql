-- Held until the transaction ends, so that nobody else changes what is compared in it.
SELECT pg_advisory_xact_lock($1, $2)
