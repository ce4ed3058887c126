-- Answers the rows as they were, for the row digest. Each row is looked up by its key and then written over: an UPDATE that
-- joins the table with the values reads the whole tenant for each of them while statistics are from before it grew. The
-- lookup asks for the first row from the key on, because only the primary key has that order.
WITH old AS MATERIALIZED (
    SELECT found.*, new.outcome AS new_outcome, new.finished_at AS new_finished_at, new.log_seq AS new_log_seq
    FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) AS new (trace_id, outcome, finished_at, log_seq)
    CROSS JOIN LATERAL (
        SELECT summary.* FROM dg_trace_summary summary
        WHERE summary.slot = $2 AND (summary.tenant_id, summary.trace_id) >= ($1, new.trace_id)
        ORDER BY summary.tenant_id, summary.trace_id
        LIMIT 1
    ) AS found
    WHERE found.tenant_id = $1 AND found.trace_id = new.trace_id
), finished AS (
    INSERT INTO dg_trace_summary
        (tenant_id, slot, trace_id, workflow, title, primary_entity_type, primary_entity_system, primary_entity_id,
         outcome, started_at, finished_at, event_count, last_log_seq)
    SELECT old.tenant_id, old.slot, old.trace_id, old.workflow, old.title, old.primary_entity_type,
           old.primary_entity_system, old.primary_entity_id, old.new_outcome, old.started_at, old.new_finished_at,
           old.event_count + 1, old.new_log_seq
    FROM old
    ON CONFLICT (tenant_id, slot, trace_id) DO UPDATE
    SET outcome = excluded.outcome,
        finished_at = excluded.finished_at,
        event_count = excluded.event_count,
        last_log_seq = excluded.last_log_seq
)
SELECT old.trace_id, old.workflow, old.title, old.primary_entity_type, old.primary_entity_system,
       old.primary_entity_id, old.outcome, old.started_at, old.finished_at, old.event_count, old.last_log_seq
FROM old
