-- Generations that are no longer read and still take space, and for how long the slowest of them has not come further.
SELECT count(*) FILTER (WHERE state = 'retired') AS retired,
       count(*) FILTER (WHERE state = 'emptied') AS emptied,
       coalesce(extract(epoch FROM max(clock_timestamp() - updated_at)), 0)::double precision AS oldest_seconds
FROM dg_projection_builds
WHERE state IN ('retired', 'emptied')
