-- Counts a try before it is made, so that a thousand at once count as a thousand. Past its end a count begins anew. In the
-- order of the names: two that count the same never wait for each other both ways.
INSERT INTO dg_sign_in_failures AS known (scope, failures, until)
SELECT scope, 1, now() + $2 * interval '1 second'
FROM unnest($1::text[]) AS tried (scope)
ORDER BY scope
ON CONFLICT (scope) DO UPDATE
SET failures = CASE WHEN known.until <= now() THEN 1 ELSE least(known.failures + 1, 1000000) END,
    until = CASE WHEN known.until <= now() THEN excluded.until ELSE known.until END
RETURNING scope, failures, greatest(1, ceil(extract(epoch FROM until - now())))::bigint AS seconds_left
