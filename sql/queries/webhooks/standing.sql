-- How all endpoints stand, for the metrics.
SELECT active, paused, disabled, failing, pending, dead, lag_seconds
FROM dg_webhook_standing
