-- Our advisory locks in the database of this session, by class and by who holds or waits for them. $1 is the number that classes
-- are counted from.
SELECT (lock.classid::bigint - $1::int)::int AS class,
       coalesce(nullif(holder.application_name, ''), 'unnamed') AS holder,
       count(*) FILTER (WHERE lock.granted) AS held,
       count(*) FILTER (WHERE NOT lock.granted) AS waiting
FROM pg_locks AS lock
JOIN pg_stat_activity AS holder USING (pid)
WHERE lock.locktype = 'advisory'
  AND lock.objsubid = 2
  AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND lock.classid::bigint - $1::int BETWEEN 1 AND 65535
GROUP BY 1, 2
ORDER BY 1, 2
