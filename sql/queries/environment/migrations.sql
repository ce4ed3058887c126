-- Applied migrations, oldest first. The moment was written down as a text in RFC 3339.
SELECT version, name, applied_on::timestamptz AS applied_at
FROM dg_schema_history
ORDER BY version
