-- What one partition takes on disk, and whether the last vacuum could see past the deletes of every emptied generation: a
-- freezing vacuum moves relfrozenxid up to the oldest transaction that somebody can still look back to, and no further. The
-- transaction that set `emptied` comes after the deletes, or is the last of them.
SELECT pg_relation_size(class.oid) AS heap_bytes,
       pg_indexes_size(class.oid) AS index_bytes,
       pg_total_relation_size(class.oid) AS total_bytes,
       greatest(class.reltuples, 0)::bigint AS live_rows,
       NOT EXISTS (SELECT FROM dg_projection_builds build
                   WHERE build.state = 'emptied' AND build.projection_name = $2 AND build.slot = $3
                     AND build.job_id = ANY ($4::uuid[]) AND age(build.xmin) <= age(class.relfrozenxid)) AS cleared
FROM pg_class class
WHERE class.oid = $1::text::regclass
