INSERT INTO dg_projection_digest_history
    (tenant_id, digest_id, projection_name, generation, last_log_seq, digest_value, row_digest, kept_row_digest, row_count,
     skipped_events, computed_at, computed_by, source, job_id, duration_ms)
SELECT $1, new.digest_id, new.projection_name, new.generation, new.last_log_seq, new.digest_value, new.row_digest,
       new.kept_row_digest, new.row_count,
       (SELECT count(DISTINCT failure.log_seq) FROM dg_projection_failures failure
        WHERE failure.tenant_id = $1 AND failure.status IN ('open', 'quarantined')
          AND failure.log_seq <= new.last_log_seq
          AND (failure.projection_name = new.projection_name
               OR (new.projection_name = 'full_projection' AND failure.projection_name <> 'trace_index'))),
       now(), $10, $11, $12, $13
FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::bytea[], $8::bytea[], $9::bigint[])
    AS new (digest_id, projection_name, generation, last_log_seq, digest_value, row_digest, kept_row_digest, row_count)
