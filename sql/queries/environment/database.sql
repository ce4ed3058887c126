-- The server and the database of this session. Of others' transactions a role that is no monitor sees nothing, so the oldest one
-- is the oldest of this role.
SELECT current_setting('server_version') AS version,
       pg_postmaster_start_time() AS started_at,
       clock_timestamp() AS clock,
       pg_database_size(current_database()) AS size_bytes,
       current_setting('max_connections')::bigint AS max_connections,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
       (SELECT min(xact_start)
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()) AS oldest_transaction_at
