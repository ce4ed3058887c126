-- What the append rules need to know about a batch, in one statement. Three lists of (tenant, key) come in; `ordinal` says
-- which entry of its list a row answers, 1-based. Entries that nothing is known about have no row.
--   kind 1: the last event of a trace (it tells both the next number and whether the trace is finished)
--   kind 2: the event stored under an idempotency key
--   kind 3: an event id that is taken
-- "The first entry of this index from here to here" instead of plain equality: on a young table the planner has no
-- statistics, takes all indexes for equally good, and may read a whole tenant through the wrong one. Only one index has the
-- order asked for here. Without the upper end, a scan copies what is left of its index page before it shows the first entry,
-- and a new key, which nearly all are, costs a row that the policies look at. The tenant is compared for equality: rows of
-- others are not visible, and a scan that went on to them would pass over all of them.
SELECT 1::int2 AS kind, wanted.ordinal, found.log_seq, found.trace_seq, found.event_type = 'TraceFinished' AS finished
FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS wanted (tenant_id, trace_key, ordinal)
CROSS JOIN LATERAL (
    SELECT log.log_seq, log.trace_seq, log.event_type
    FROM dg_event_log AS log
    WHERE log.tenant_id = wanted.tenant_id AND log.trace_key = wanted.trace_key
    ORDER BY log.trace_seq DESC
    LIMIT 1
) AS found
UNION ALL
SELECT 2::int2, wanted.ordinal, found.log_seq, found.trace_seq, false
FROM unnest($3::text[], $4::uuid[]) WITH ORDINALITY AS wanted (tenant_id, idempotency_hash, ordinal)
CROSS JOIN LATERAL (
    SELECT log.log_seq, log.trace_seq
    FROM dg_event_log AS log
    WHERE log.tenant_id = wanted.tenant_id
      AND log.idempotency_hash >= wanted.idempotency_hash AND log.idempotency_hash <= wanted.idempotency_hash
    ORDER BY log.idempotency_hash
    LIMIT 1
) AS found
UNION ALL
SELECT 3::int2, wanted.ordinal, found.log_seq, found.trace_seq, false
FROM unnest($3::text[], $5::uuid[]) WITH ORDINALITY AS wanted (tenant_id, event_key, ordinal)
CROSS JOIN LATERAL (
    SELECT log.log_seq, log.trace_seq
    FROM dg_event_log AS log
    WHERE log.tenant_id = wanted.tenant_id
      AND log.event_key >= wanted.event_key AND log.event_key <= wanted.event_key
    ORDER BY log.event_key
    LIMIT 1
) AS found
