-- How a tenant's reviews were decided between two instants, per policy ($6) or per account that decided.
--
-- A decision is an act that closed its round; approvals before it are ballots. A decision that a later round looked at again either
-- held or was overturned. Its time is counted from the request, or from when the item was opened again.
WITH acts AS (
    SELECT action.workflow_key, action.log_seq, action.action_type, action.actor_account_id, action.round, action.created_at,
           action.resulting_status,
           action.action_type IN ('approve', 'reject', 'override')
               AND action.resulting_status IN ('approved', 'rejected', 'overridden') AS decides,
           action.action_type IN ('approve', 'reject', 'override')
               AND action.resulting_status NOT IN ('approved', 'rejected', 'overridden') AS is_ballot,
           max(action.created_at) FILTER (WHERE action.action_type IN ('requested', 'incident_review_requested', 'reopen'))
               OVER (PARTITION BY action.workflow_key ORDER BY action.log_seq) AS asked_at
    FROM dg_workflow_actions AS action
    WHERE action.tenant_id = $1
), decided AS (
    SELECT acts.workflow_key, acts.actor_account_id, acts.round, acts.created_at, acts.resulting_status, acts.asked_at,
           lead(acts.resulting_status) OVER (PARTITION BY acts.workflow_key ORDER BY acts.log_seq) AS later_status
    FROM acts
    WHERE acts.decides
), ballots AS (
    SELECT decided.workflow_key, decided.round, count(*) AS cast_count,
           count(*) FILTER (WHERE decided.resulting_status IN ('approved', 'overridden')) AS agreed_count
    FROM decided
    JOIN acts ON acts.workflow_key = decided.workflow_key AND acts.round = decided.round AND acts.is_ballot
    GROUP BY decided.workflow_key, decided.round
)
SELECT CASE WHEN $6 THEN coalesce(item.policy_id, '') ELSE decided.actor_account_id END AS subject,
       count(*) AS decision_count,
       count(*) FILTER (WHERE decided.resulting_status = 'approved') AS approved_count,
       count(*) FILTER (WHERE decided.resulting_status = 'rejected') AS rejected_count,
       count(*) FILTER (WHERE decided.resulting_status = 'overridden') AS overridden_count,
       count(*) FILTER (WHERE item.workflow_kind = 'exception_review') AS decided_exception_count,
       count(*) FILTER (WHERE item.workflow_kind = 'exception_review' AND decided.resulting_status = 'approved')
           AS approved_exception_count,
       count(decided.later_status) AS reviewed_again_count,
       count(*) FILTER (WHERE decided.later_status <> decided.resulting_status) AS overturned_count,
       coalesce(sum(ballots.cast_count), 0)::bigint AS ballot_count,
       coalesce(sum(ballots.agreed_count), 0)::bigint AS agreed_ballot_count,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided.created_at - decided.asked_at)::float8)
           AS median_seconds,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM decided.created_at - decided.asked_at)::float8)
           AS p90_seconds
FROM decided
JOIN dg_workflow_items AS item ON item.tenant_id = $1 AND item.workflow_key = decided.workflow_key
LEFT JOIN ballots ON ballots.workflow_key = decided.workflow_key AND ballots.round = decided.round
WHERE decided.created_at >= $2 AND decided.created_at < $3
  AND ($4::text IS NULL OR item.policy_id = $4)
  AND ($5::text IS NULL OR decided.actor_account_id = $5)
GROUP BY subject
ORDER BY subject
