-- What was recorded in the period, by type and by what became of it. What has different outcomes for
-- different memberships counts under each; what was not applied yet when it was exported is pending.
WITH results AS (
  SELECT network_id, activity_id, outcome, count(*) AS memberships, sum(points) AS points
  FROM postings
  GROUP BY network_id, activity_id, outcome
  UNION ALL
  SELECT network_id, activity_id, outcome, 0 AS memberships, 0 AS points
  FROM outcomes
)
SELECT
  network_id, activity_type_id, kind, coalesce(outcome, 'pending') AS outcome,
  count(*) AS activities, sum(amount) AS amount,
  coalesce(sum(memberships), 0) AS memberships, coalesce(sum(points), 0) AS points
FROM ledger
CROSS JOIN export_period
LEFT JOIN results USING (network_id, activity_id)
WHERE recorded_at >= since_at AND recorded_at < until_at
GROUP BY network_id, activity_type_id, kind, coalesce(outcome, 'pending')
ORDER BY network_id, activity_type_id, kind, coalesce(outcome, 'pending')
