-- One row per event that a projection does not hold, however often it was tried.
INSERT INTO dg_projection_failures AS failure
    (tenant_id, projection_name, log_seq, trace_id, event_id, category, error_code, error_message)
SELECT $1, name, $3, $4, $5, $6, $7, $8 FROM unnest($2::text[]) AS name
ON CONFLICT (tenant_id, projection_name, log_seq) WHERE status IN ('open', 'quarantined') DO UPDATE
SET attempts = failure.attempts + 1, last_seen_at = now(), category = excluded.category,
    error_code = excluded.error_code, error_message = excluded.error_message
