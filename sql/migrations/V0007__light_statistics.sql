-- Statements here are driven by keys and do not depend on fine statistics, while ANALYZE reads its sample anew whenever a table
-- has grown by a tenth: with the usual target, thousands of payloads are fetched, decompressed and sorted each time. A small
-- sample is enough, and of documents none at all.
DO $$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT class.relname, attribute.attname,
               CASE WHEN attribute.attname IN ('payload_json', 'tags_json', 'actors', 'policies', 'tags') THEN 0 ELSE 10 END
                   AS target
        FROM pg_class AS class
        JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace AND namespace.nspname = 'public'
        JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum > 0
        WHERE class.relkind = 'r'
          AND NOT attribute.attisdropped
          AND (class.relname = 'dg_event_log' OR class.relname ~ '^dg_[a-z_]+_slot[01]$')
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS %s', place.relname, place.attname, place.target);
    END LOOP;
END
$$;
