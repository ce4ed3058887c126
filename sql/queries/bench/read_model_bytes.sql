-- What both slots of all read models take on disk, indexes included.
SELECT coalesce(sum(pg_total_relation_size(slot.inhrelid)), 0)::bigint
FROM pg_inherits AS slot
JOIN pg_class AS read_model ON read_model.oid = slot.inhparent
WHERE read_model.relkind = 'p'
  AND read_model.relnamespace = 'public'::regnamespace
  AND read_model.relname LIKE 'dg\_%'
