-- What a concurrent reindex that was cut off left behind.
SELECT format('%I.%I', namespace.nspname, class.relname) AS index_name
FROM pg_index index
JOIN pg_class class ON class.oid = index.indexrelid
JOIN pg_namespace namespace ON namespace.oid = class.relnamespace
WHERE index.indrelid = $1::text::regclass AND NOT index.indisvalid AND class.relname ~ '_cc(new|old)[0-9]*$'
ORDER BY class.relname
