-- Writes down how an attempt ended for everything in the message: it is in state $3 and, when it is pending, due in $4 ms.
UPDATE dg_workflow_deliveries AS delivery
SET state = $3, attempts = delivery.attempts + $7, target = $5, last_error = $6,
    next_attempt_at = CASE WHEN $3 = 'pending' THEN now() + $4 * interval '1 millisecond' ELSE delivery.next_attempt_at END,
    finished_at = CASE WHEN $3 = 'pending' THEN NULL ELSE now() END
WHERE delivery.tenant_id = $1 AND delivery.message_id = $2 AND delivery.state = 'pending'
