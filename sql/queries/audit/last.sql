-- Where the chain ends, and the time. With the chain's lock held.
SELECT last.audit_seq, last.entry_hash, clock_timestamp() AS recorded_at
FROM (VALUES (1)) AS always
LEFT JOIN (SELECT audit_seq, entry_hash FROM dg_audit ORDER BY audit_seq DESC LIMIT 1) AS last ON true
