-- Where a tenant's log ends, without a lock on it. What the transaction goes on to write is a fold of the log, and is made again
-- if a crash takes it away: it does not wait for the disk, and nobody who appends waits for that.
SELECT last_log_seq, set_config('synchronous_commit', 'off', true)
FROM dg_tenant_heads
WHERE tenant_id = $1
