-- Who is connected to the database of this session, by the name that it came with, which for our daemons is their role. The
-- server's own processes work as nobody.
SELECT coalesce(nullif(application_name, ''), 'unnamed') AS name, count(*) AS connections
FROM pg_stat_activity
WHERE datname = current_database() AND usesysid IS NOT NULL
GROUP BY 1
ORDER BY 1
