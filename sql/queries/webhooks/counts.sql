-- How many messages of an endpoint are in which state.
SELECT state, count(*) AS deliveries
FROM dg_webhook_deliveries
WHERE tenant_id = $1 AND webhook_id = $2
GROUP BY state
