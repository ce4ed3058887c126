-- How many messages wait, counted up to $3.
SELECT count(*) AS waiting
FROM (
    SELECT
    FROM dg_webhook_deliveries
    WHERE tenant_id = $1 AND webhook_id = $2 AND state = 'pending'
    LIMIT $3
) AS pending
